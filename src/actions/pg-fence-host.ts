import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Fence, Raised } from './pg-fence-way.ts';
import type { Pair } from './pg-standby-pair.ts';
import { lookAtPrimary } from './pg-standby-primary.ts';

/** A person switched the host off and says how they know; the bot adds that nothing answers there. */
export function hostFence(evidence: string | undefined): Fence {
  async function look(context: ActionContext, pair: Pair): Promise<Raised> {
    const said = evidence?.trim() ?? '';
    if (said === '')
      throw new AppError(
        'target-refused',
        `Nobody has said how they know that the host of \`${pair.primary}\` is off. Ask with a manual step before, and pass its evidence.`,
      );
    const primary = await lookAtPrimary(context, pair);
    if (primary.is !== 'away')
      throw new AppError(
        'check-failed',
        `The host of \`${pair.primary}\` should be off, and it ${primary.said}. Switch it off, then retry.`,
      );
    return { evidence: `${said}; \`${pair.primary}\` ${primary.said}` };
  }

  return {
    async preview(context, pair) {
      const known = evidence !== undefined && !hasSymbols(evidence);
      const missing = known ? evidence.trim() === '' : context.phase === 'gate';
      const primary = await lookAtPrimary(context, pair);
      return {
        lines: [
          `Old primary \`${pair.primary}\`: its host is off, as a person says${known ? `: ${evidence}` : ''}`,
        ],
        bound: { by: 'host', connection: pair.primary, evidence: evidence ?? null },
        shown: [{ name: 'old primary', value: primary.said }],
        undo: [
          `the host of \`${pair.primary}\` stays off: a person switches it on, and only before a promotion`,
        ],
        blocked: [
          ...(missing
            ? [
                `Nobody has said how they know that the host of \`${pair.primary}\` is off. Ask with a manual step before, and pass its evidence.`,
              ]
            : []),
          ...(context.phase === 'gate' && primary.is !== 'away'
            ? [`The host of \`${pair.primary}\` should be off, and it ${primary.said}. Switch it off.`]
            : []),
        ],
      };
    },

    raise: look,
    // Nothing was done that could be half done: it is looked at again.
    find: async () => undefined,
    announce: async () => undefined,
    withdraw: async () => undefined,
    lower: async (_context, pair) =>
      `the host of \`${pair.primary}\` is still off: switch it on by hand when it is needed`,

    byHand: (pair) => [
      `# switch the host of ${pair.primary} off, at its power or in its console, and write down who saw it off and how`,
      `pg_isready -h <host of ${pair.primary}>   # must say: no response`,
    ],
    needs: () => [],
  };
}
