import { isUtf8 } from 'node:buffer';
import type { Slack } from '../slack/index.ts';
import type { Asset } from './assets.ts';
import type { FileShown } from './contract.ts';

const PREVIEW_CHARS = 2_000;

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
  const type = isText(file.bytes) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  return { type, body: file.bytes };
}

const urlOf = ({ id, name }: StoredFile) => `/files/${id}/${encodeURIComponent(name)}`;

const isText = (bytes: Buffer) => isUtf8(bytes) && !bytes.includes(0);

/** Cut between characters. */
function beginning(bytes: Buffer): string {
  const text = bytes.subarray(0, PREVIEW_CHARS * 4).toString('utf8');
  return [...text].slice(0, PREVIEW_CHARS).join('');
}
