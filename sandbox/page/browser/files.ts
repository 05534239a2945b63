import { useEffect, useId, useState } from 'preact/hooks';
import type { FileShown } from '../contract.ts';
import { Dialog } from './dialog.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { Markdown } from './markdown-view.ts';

const PREVIEW_LINES = 8;

/** A file below its message: the beginning, and the whole of it one click away. */
export function FileCard({ file }: { file: FileShown }) {
  const [open, setOpen] = useState(false);
  const kind = file.name.split('.').pop()?.toUpperCase() ?? 'FILE';
  return html`<div class="file">
    <div class="file-head">
      <span class="file-icon"><${Icon} name="file" size="22" /></span>
      <span class="file-words">
        <strong>${file.title || file.name}</strong>
        <small>${kind} · ${sizeOf(file.bytes)}</small>
      </span>
      ${
        file.preview !== null &&
        html`<button type="button" class="button" aria-label=${`View ${file.name}`} onClick=${() => setOpen(true)}>View</button>`
      }
      <a class="button" href=${file.url} download=${file.name} aria-label=${`Download ${file.name}`}>Download</a>
    </div>
    ${file.preview !== null && html`<${Preview} file=${file} />`}
    ${open && html`<${Viewer} file=${file} onClose=${() => setOpen(false)} />`}
  </div>`;
}

function Preview({ file }: { file: FileShown }) {
  const beginning = (file.preview ?? '').split('\n').slice(0, PREVIEW_LINES).join('\n');
  return html`<div class="file-preview">
    ${isMarkdown(file) ? html`<${Markdown} text=${beginning} />` : html`<pre>${beginning}</pre>`}
  </div>`;
}

function Viewer({ file, onClose }: { file: FileShown; onClose: () => void }) {
  const id = useId();
  const [text, setText] = useState(file.preview ?? '');
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    fetch(file.url)
      .then((response) => (response.ok ? response.text() : Promise.reject(response.status)))
      .then((body) => {
        setText(body);
        setWhole(true);
      })
      .catch(() => setWhole(false));
  }, [file.url]);
  return html`<${Dialog} labelledBy=${id} className="viewer" onClose=${onClose}>
    <div class="dialog-head">
      <h2 id=${id} class="dialog-title">${file.title || file.name}</h2>
      <button type="button" class="icon-button" aria-label="Close" data-autofocus onClick=${onClose}>
        <${Icon} name="close" />
      </button>
    </div>
    <div class="dialog-body" tabindex="0">
      ${isMarkdown(file) ? html`<${Markdown} text=${text} />` : html`<pre class="pre">${text}</pre>`}
      ${!whole && html`<p class="hint">This is the beginning of the file. Download it to read all of it.</p>`}
    </div>
  <//>`;
}

const isMarkdown = ({ name }: FileShown): boolean => name.endsWith('.md');

/** Powers of 1,000, as everywhere in the cards. */
function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toPrecision(3)} kB`
    : `${(bytes / 1_000_000).toPrecision(3)} MB`;
}
