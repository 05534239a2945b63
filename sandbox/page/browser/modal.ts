import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ModalShown } from '../contract.ts';
import { Blocks } from './blocks/block.ts';
import { type ActionValue, useDesk } from './desk.ts';
import { Dialog, focusFirst } from './dialog.ts';
import { changedFields, type Fields, fieldsOf, merge } from './form.ts';
import { type Host, HostProvider } from './host.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { PlainText } from './text-view.ts';

/** The dialog the bot has open for this person. */
export function Modal({ modal }: { modal: ModalShown }) {
  const { act } = useDesk();
  const { definition, errors } = modal;
  const [busy, setBusy] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const id = useId();
  const { fields, host, submit } = useForm(modal);

  // A loading view has become a form, or another form: the focus goes in.
  const first = Object.keys(fields)[0] ?? '';
  useLayoutEffect(() => {
    const inside =
      body.current?.contains(document.activeElement) &&
      document.activeElement?.matches('input, select, textarea');
    if (!inside) focusFirst(body.current?.closest<HTMLElement>('dialog') ?? null);
  }, [first]);

  const wrong = Object.keys(errors).join(' ');
  useLayoutEffect(() => {
    const [block] = definition.blocks.filter(({ block_id }) => errors[block_id] !== undefined);
    if (block === undefined) return;
    const place = body.current?.querySelector(`[data-block="${CSS.escape(block.block_id)}"]`);
    place?.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, [wrong, errors]);

  if (definition.type !== 'modal') return null;
  const close = () => act({ do: 'modal-close' });
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    await submit();
    setBusy(false);
  };

  return html`<${Dialog} labelledBy=${id} className="modal" onClose=${close}>
    <form noValidate onSubmit=${onSubmit}>
      <div class="dialog-head">
        <h2 id=${id} class="dialog-title" aria-live="polite"><${PlainText} of=${definition.title} /></h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
      </div>
      <div class="dialog-body" ref=${body} tabindex=${first === '' ? 0 : -1}>
        <${HostProvider} value=${host}><${Blocks} blocks=${definition.blocks} where="modal" /><//>
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick=${close}>
          ${definition.close ? html`<${PlainText} of=${definition.close} />` : 'Cancel'}
        </button>
        ${
          definition.submit &&
          html`<button type="submit" class=${`button primary ${busy ? 'busy' : ''}`} aria-busy=${busy}>
            <${PlainText} of=${definition.submit} />
          </button>`
        }
      </div>
    </form>
  <//>`;
}

/** What is typed stays here until it is sent, so that nothing the server says meanwhile can take it away. */
function useForm(modal: ModalShown) {
  const { act } = useDesk();
  const server = useMemo(() => fieldsOf(modal), [modal.definition, modal.values]);
  const before = useRef(server);
  const told = useRef<Fields>({});
  const typed = useRef(server);
  const others = useRef<Record<string, ActionValue>>({});
  const [, redraw] = useState(0);

  if (before.current !== server) {
    typed.current = merge(typed.current, { before: before.current, now: server }, told.current);
    before.current = server;
  }
  const tell = () => {
    told.current = { ...told.current, ...typed.current };
    return changedFields(typed.current, server);
  };
  const host: Host = {
    read: (key) => (key in typed.current ? typed.current[key] : others.current[key]),
    write: (key, value) => {
      if (key in server) typed.current = { ...typed.current, [key]: value };
      else others.current[key] = value;
      redraw((times) => times + 1);
    },
    dispatch: async (actionId, value) => {
      // The bot is to see the whole form, as Slack would show it.
      const values = tell();
      if (Object.keys(values).length > 0) await act({ do: 'modal-fill', values });
      return act({ do: 'modal-action', actionId, ...(value === undefined ? {} : { value }) });
    },
    errorOf: (block) => modal.errors[block],
  };
  const submit = () => {
    tell();
    return act({ do: 'modal-submit', values: typed.current });
  };
  return { fields: server, host, submit };
}
