import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { commands } from '../commands/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = read('README.md');

/** Everything in Markdown that people are sent to. */
const pages = ['', 'docs', 'docs/adr'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

test('the README lists every command as help has it, in the same order', () => {
  const listed = [...README.matchAll(/^- `(\/dr [^`]+)`: (.+)$/gm)].map(([, usage, summary]) => ({
    usage,
    summary,
  }));

  expect(listed).toEqual(commands.map(({ usage, summary }) => ({ usage, summary })));
});

test('the groups of the README are those of help', () => {
  const listed = [...README.matchAll(/^\*\*(.+)\*\*$/gm)].map((match) => match[1]);

  expect(listed).toEqual([...new Set(commands.map(({ group }) => group))]);
});

test.each(pages)('the scripts that %s names are there', (page) => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json')));
  const named = [...read(page).matchAll(/\bnpm (?:run (?:--silent )?([a-z][a-z0-9:]*)|(test|start)\b)/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );

  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test.each(pages)('the links of %s lead to files and headings that are there', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !link.startsWith('https://'));

  expect(links.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(read(target)).includes(heading);
}

/** Anchors as GitHub makes them of headings. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
