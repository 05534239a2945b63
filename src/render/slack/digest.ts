import type { Digest, DigestAlert } from '../../domain/views.ts';
import { countsOf, trend, worstFirst } from '../backups.ts';
import { between, count, day, duration, instant, size } from '../format.ts';
import { healthMark } from '../words.ts';
import { backupLine } from './backups-lines.ts';
import { restoreTestLine } from './backups-restore-test.ts';
import { actions, button, context, header, type Message, message, section } from './blocks.ts';
import { label, machine } from './text.ts';

const LINES = 10;

/** The weekly digest: how the backups stand, what fired, what was proved, what changed. */
export function renderDigest(digest: Digest): Message {
  const { system, systemName, from, now, lines, alerts, tests, sizes, lastRanAt } = digest;
  const fired = alerts.filter(({ firedAt }) => firedAt >= from).length;
  const closed = alerts.filter(({ closedAt }) => closedAt !== null).length;
  const counts = countsOf(lines);
  const problems = worstFirst(lines.filter(({ health }) => health !== 'ok'));
  const proved = tests.filter(({ result }) => result.outcome === 'done').length;
  return message(
    `Backups of ${machine(systemName, 40)} this week: ${[
      ...counts,
      `${count(fired, 'alert')} fired`,
      `${closed} closed`,
      tests.length === 0 ? 'no restore test ran' : `${proved} of ${count(tests.length, 'restore test')} done`,
    ].join(', ')}.`,
    header(label(`Backups · ${systemName} · ${day(from)} to ${day(now)}`)),
    section(
      `*Backups (${lines.length})*   ${counts.length === 0 ? 'none are declared' : counts.join(' · ')}`,
      ...listed(problems, (line) => backupLine(line)),
    ),
    section(
      `*Alerts*   ${fired} fired · ${closed} closed`,
      ...listed(alerts, (alert) => alertLine(alert, now)),
    ),
    section(
      `*Restore tests*   ${tests.length === 0 ? 'none ran' : `${proved} of ${tests.length} done`}`,
      ...listed(tests, restoreTestLine),
    ),
    section(
      `*Sizes*   ${lines.length === 0 ? 'none to compare' : sizes.length === 0 ? `${healthMark('ok')}, all steady` : `${sizes.length} changed`}`,
      ...listed(
        sizes,
        ({ backup, bytes, share }) => `${machine(backup, 40)} · ${size(bytes)} · ${trend(share)}`,
      ),
    ),
    actions(button('backups.show', 'Backups', { system }, { says: `Backups of ${machine(systemName, 40)}` })),
    context(
      lastRanAt === null ? 'not known when the watch last ran' : `Watch last ran ${instant(lastRanAt, now)}`,
      'sizes against the middle of the last 7',
      'Times are UTC',
    ),
  );
}

function listed<Item>(items: readonly Item[], lineOf: (item: Item) => string): readonly string[] {
  const shown = items.slice(0, LINES).map(lineOf);
  return items.length > LINES ? [...shown, `… and ${items.length - LINES} more`] : shown;
}

function alertLine({ id, backup, title, health, firedAt, closedAt }: DigestAlert, now: Date): string {
  const what = `${id}${backup === null ? '' : ` · ${machine(backup, 40)}`} · ${machine(title, 60)}`;
  return closedAt === null
    ? `${healthMark(health)}: still open for ${duration(between(firedAt, now))} · ${what}`
    : `${healthMark('ok')} · ${what} · ${day(firedAt)}, lasted ${duration(between(firedAt, closedAt))}`;
}
