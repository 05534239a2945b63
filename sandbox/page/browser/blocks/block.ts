import { useId } from 'preact/hooks';
import type { Block } from '../../../slack/block-kit.ts';
import { useHost } from '../host.ts';
import { html } from '../html.ts';
import { Icon } from '../icons.ts';
import { Markdown } from '../markdown-view.ts';
import { BlockText, PlainText } from '../text-view.ts';
import { Element } from './element.ts';
import { ImageView } from './image.ts';
import { RichText } from './rich-text.ts';
import { Table } from './table.ts';

type Of<Type extends Block['type']> = Extract<Block, { type: Type }>;

/** `where` tells a form's controls, which keep what is chosen, from those of a message, which tell the bot. */
export function Blocks({ blocks, where }: { blocks: readonly Block[]; where: 'message' | 'home' | 'modal' }) {
  return html`<div class=${`blocks in-${where}`}>
    ${blocks.map((block) => html`<${One} key=${block.block_id} block=${block} />`)}
  </div>`;
}

function One({ block }: { block: Block }) {
  switch (block.type) {
    case 'header':
      return html`<h3 class="block header"><${PlainText} of=${block.text} /></h3>`;
    case 'divider':
      return html`<hr class="block divider" />`;
    case 'section':
      return html`<${Section} block=${block} />`;
    case 'context':
      return html`<${Context} block=${block} />`;
    case 'actions':
      return html`<${Actions} block=${block} />`;
    case 'image':
      return html`<${ImageView} image=${block} title=${block.title?.text} />`;
    case 'input':
      return html`<${Input} block=${block} />`;
    case 'rich_text':
      return html`<div class="block"><${RichText} elements=${block.elements} /></div>`;
    case 'table':
      return html`<${Table} block=${block} />`;
    case 'markdown':
      return html`<div class="block"><${Markdown} text=${block.text} /></div>`;
  }
}

function Section({ block }: { block: Of<'section'> }) {
  const id = useId();
  const { accessory } = block;
  return html`<div class="block section">
    <div class="section-text" id=${id}>
      ${block.text && html`<${BlockText} of=${block.text} />`}
      ${
        block.fields &&
        html`<div class="section-fields">
          ${block.fields.map((field) => html`<div><${BlockText} of=${field} /></div>`)}
        </div>`
      }
    </div>
    ${accessory && html`<div class="section-accessory">${accessoryOf(block.block_id, accessory, id)}</div>`}
  </div>`;
}

function accessoryOf(blockId: string, accessory: NonNullable<Of<'section'>['accessory']>, textId: string) {
  if (accessory.type === 'image') return html`<${ImageView} image=${accessory} small />`;
  const naming = {
    id: `${textId}-field`,
    labelledBy: textId,
    label: '',
    describedBy: undefined,
    invalid: false,
  };
  return html`<${Element} element=${accessory} blockId=${blockId} naming=${naming} kept=${false} />`;
}

function Context({ block }: { block: Of<'context'> }) {
  return html`<div class="block context">
    ${block.elements.map((each) =>
      each.type === 'image'
        ? html`<${ImageView} image=${each} small />`
        : html`<div><${BlockText} of=${each} /></div>`,
    )}
  </div>`;
}

function Actions({ block }: { block: Of<'actions'> }) {
  const id = useId();
  return html`<div class="block actions">
    ${block.elements.map((element, index) => {
      const label = 'placeholder' in element ? (element.placeholder?.text ?? 'Choose') : 'Choose';
      const naming = {
        id: `${id}-${index}`,
        labelledBy: undefined,
        label,
        describedBy: undefined,
        invalid: false,
      };
      return html`<${Element}
        key=${element.action_id}
        element=${element}
        blockId=${block.block_id}
        naming=${naming}
        kept=${false}
      />`;
    })}
  </div>`;
}

const GROUPS: readonly string[] = ['radio_buttons', 'checkboxes'];

function Input({ block }: { block: Of<'input'> }) {
  const id = useId();
  const { errorOf } = useHost();
  const { element, label, hint, optional = false } = block;
  const error = errorOf(block.block_id);
  const ids = { label: `${id}-label`, hint: `${id}-hint`, error: `${id}-error` };
  const describedBy = [error && ids.error, hint && ids.hint].filter(Boolean).join(' ') || undefined;
  const naming = { id, labelledBy: ids.label, label: label.text, describedBy, invalid: error !== undefined };
  const words = html`<${PlainText} of=${label} />${optional && html` <span class="optional">(optional)</span>`}`;
  return html`<div class=${`block input ${error === undefined ? '' : 'wrong'}`} data-block=${block.block_id}>
    ${
      GROUPS.includes(element.type)
        ? html`<div class="label" id=${ids.label}>${words}</div>`
        : html`<label class="label" id=${ids.label} for=${id}>${words}</label>`
    }
    <${Element}
      element=${element}
      blockId=${block.block_id}
      naming=${naming}
      kept
      dispatches=${block.dispatch_action === true}
      optional=${optional}
    />
    ${
      error !== undefined &&
      html`<p class="field-error" id=${ids.error}><${Icon} name="warning" size="16" /> ${error}</p>`
    }
    ${hint && html`<p class="hint" id=${ids.hint}><${PlainText} of=${hint} /></p>`}
  </div>`;
}
