import { aboutIncident, type Command, strangeFlag, text } from '../src/command.ts';
import { nearest } from '../src/domain/nearest.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const run: Command = {
  name: 'run',
  group: 'Recover',
  usage: '/dr run [runbook] [key=value …] [--dry-run]',
  summary: 'preview, then start',
  more: 'Shows what the runbook would do and starts it when you agree. Harmless steps begin at once; a destructive step waits for two people.',
  examples: [
    '/dr run',
    '/dr run restore-postgres',
    '/dr run restore-postgres before=02:05 --dry-run',
    '/dr run show',
  ],
  who: 'responder',
  run: async (context, input) => {
    const { flags, pairs } = input;
    const { named, words } = aboutIncident(input);
    const { incident: _, reason, ...inputs } = pairs;
    if (words[0] === 'show') return show(context, words[1] ?? null, named);
    const strange = strangeFlag(run, flags, ['dry-run', 'yes']);
    if (strange !== null) return strange;
    const meant = await context.queries.incidentMeant(named, context.incident);
    if ('kind' in meant) return meant;
    const view = await context.views.incident(meant.id);
    const version = await context.queries.plan(meant.system);
    if (view === undefined || version === undefined)
      return refuse('unknown-system', { system: meant.system, systems: '' });
    const runbooks = Object.keys(version.plan.runbooks);
    const [runbook] = words;
    if (runbook === undefined) {
      if (context.canAsk) return { kind: 'form', form: 'run', view };
      return refuse('usage', {
        command: 'run',
        needs: `a runbook: ${runbooks.join(', ')}`,
        example: `/dr run ${runbooks[0] ?? 'restore-postgres'}`,
      });
    }
    if (!runbooks.includes(runbook)) {
      return refuse('unknown-runbook', {
        runbook,
        system: meant.system,
        runbooks: runbooks.join(', '),
        near: nearest(runbook, runbooks) ?? '',
      });
    }
    if (flags.has('dry-run') || !flags.has('yes')) {
      const preview = await context.tools.preview(meant.id, runbook, inputs);
      if (isRefusal(preview)) return preview;
      return { kind: 'reply', what: 'preview', view, preview, inputs };
    }
    const started = await context.runs.start(context.actor, {
      incident: meant.id,
      runbook,
      inputs,
      reason: reason ?? null,
    });
    return isRefusal(started) ? started : { ...text(`${started.run} started.`), data: { run: started.run } };
  },
};

async function show(
  context: Parameters<Command['run']>[0],
  named: string | null,
  incident: string | null,
): ReturnType<Command['run']> {
  const meant = await context.queries.runMeant(named, incident ?? context.incident);
  if ('kind' in meant) return meant;
  const view = await context.views.incident(meant.incident);
  return view === undefined
    ? refuse('unknown-run', { run: meant.id })
    : { kind: 'reply', what: 'run', view, run: meant.id };
}
