import { isUtf8 } from 'node:buffer';
import type { Slack } from '../slack/index.ts';
import type { Asset } from './assets.ts';
import type { FileShown } from './contract.ts';

const PREVIEW_CHARS = 2_000;
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

type StoredFile = ReturnType<Slack['files']>[number];

export function shownFile(file: StoredFile): FileShown {
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    bytes: file.length,
    url: urlOf(file),
    preview: file.bytes && isText(file.bytes) ? beginning(file.bytes) : null,
  };
}

/** The file that a path of `/files/<id>/<name>` names. */
export function fileOf(slack: Slack, path: string): Asset | undefined {
  const file = slack.files().find((each) => urlOf(each) === path);
  if (file?.bytes === undefined) return undefined;
  return { type: typeOf(file.bytes), body: file.bytes };
}

/** Where the pictures are that messages show inside, by the ids of their files: no message need have them attached. */
export function picturesOf(slack: Slack): Record<string, string> {
  const pictures = slack.files().filter(({ bytes }) => bytes !== undefined && isPng(bytes));
  return Object.fromEntries(pictures.map((file) => [file.id, urlOf(file)]));
}

/** Nothing that a browser would run: what is no picture is text, or to be kept. */
function typeOf(bytes: Buffer): string {
  if (isPng(bytes)) return 'image/png';
  return isText(bytes) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

const isPng = (bytes: Buffer) => bytes.subarray(0, PNG.length).equals(PNG);

const urlOf = ({ id, name }: StoredFile) => `/files/${id}/${encodeURIComponent(name)}`;

const isText = (bytes: Buffer) => isUtf8(bytes) && !bytes.includes(0);

/** Cut between characters. */
function beginning(bytes: Buffer): string {
  const text = bytes.subarray(0, PREVIEW_CHARS * 4).toString('utf8');
  return [...text].slice(0, PREVIEW_CHARS).join('');
}
