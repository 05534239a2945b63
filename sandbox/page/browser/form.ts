import type { ModalShown } from '../contract.ts';
import type { ActionValue } from './desk.ts';
import { valueIn } from './values.ts';

/** What the fields of a dialog hold here, by block. Nothing here knows of the DOM. */
export type Fields = Readonly<Record<string, ActionValue>>;

/** The server's own idea of every field. */
export function fieldsOf({ definition, values }: ModalShown): Fields {
  return Object.fromEntries(
    definition.blocks.flatMap((block) =>
      block.type === 'input'
        ? [[block.block_id, valueIn(values[block.block_id]?.[block.element.action_id])]]
        : [],
    ),
  );
}

/**
 * The fields after the server spoke. A value is taken over only where the server changed it by itself, so that what
 * somebody is typing is never lost to an echo of what was typed before.
 */
export function merge(
  typed: Fields,
  server: { readonly before: Fields; readonly now: Fields },
  told: Fields,
): Fields {
  return Object.fromEntries(
    Object.entries(server.now).map(([block, value]) => {
      const known = block in typed && block in server.before;
      const kept = known && (same(value, server.before[block]) || same(value, told[block]));
      return [block, kept ? (typed[block] ?? null) : value];
    }),
  );
}

/** Those that the server does not know of yet. */
export function changedFields(typed: Fields, server: Fields): Fields {
  return Object.fromEntries(Object.entries(typed).filter(([block, value]) => !same(value, server[block])));
}

function same(one: ActionValue | undefined, other: ActionValue | undefined): boolean {
  const plain = (value: ActionValue | undefined) => (value === undefined || value === '' ? null : value);
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}
