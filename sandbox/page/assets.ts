import { readFile, stat } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

export type Asset = { readonly type: string; readonly body: Buffer | string };

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
  ts: 'text/javascript; charset=utf-8',
};

/** What a browser may import by name, each with its file in node_modules. */
const LIBRARIES = ['preact', 'preact/hooks', 'htm'] as const;

/** Folders and a file, in small letters: no dots but the one before the ending, so that no path leads out. */
const FILE = /^(?:[a-z0-9-]+\/)*[a-z0-9-]+\.(css|html|svg|ts)$/;

/** The files of the page as a browser takes them: the TypeScript of its folder without its types. */
export function createAssets(folder = new URL('browser/', import.meta.url)) {
  const stripped = new Map<string, { readonly mtimeMs: number; readonly code: string }>();

  async function typescript(file: URL): Promise<string> {
    const { mtimeMs } = await stat(file);
    const known = stripped.get(file.href);
    if (known?.mtimeMs === mtimeMs) return known.code;
    const code = stripTypeScriptTypes(await readFile(file, 'utf8'));
    stripped.set(file.href, { mtimeMs, code });
    return code;
  }

  return {
    /** A file of the page by its path below the folder. */
    async file(path: string): Promise<Asset | undefined> {
      const ending = FILE.exec(path)?.[1];
      if (ending === undefined) return undefined;
      const file = new URL(path, folder);
      const body = await (ending === 'ts' ? typescript(file) : readFile(file)).catch(absent);
      return body === undefined ? undefined : { type: TYPES[ending] ?? '', body };
    },

    /** `preact.js`: a library as an ES module. */
    async library(path: string): Promise<Asset | undefined> {
      const name = LIBRARIES.find((library) => path === `${library}.js`);
      if (name === undefined) return undefined;
      return {
        type: TYPES.ts ?? '',
        body: await readFile(fileURLToPath(import.meta.resolve(name))),
      };
    },
  };
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
