import type { World } from '../world.ts';
import type { Member } from './room.ts';

type Slack = World['slack'];

/** What people type and choose when Janua's rows are gone: the same words in the demo and at the page. */
export const restore = {
  declared: 'janua sev1 Sign-in fails for most customers',
  runbook: { id: 'restore-postgres', title: 'Restore PostgreSQL from a backup' },
  questions: [
    ['Confirm the field encryption key', 'Fingerprint 4c1e equals the sealed copy'],
    ['Replay erasures since the backup', '0 requests since the backup'],
  ],
  approval: 'Cut over to the restored database',
  cause: 'A migration deleted rows in four tables',
} as const;

/** Until the bot counted the rows once it cannot say how many are lost. */
export const hasCounted = (lines: readonly string[]) =>
  lines.some((line) => line.includes('row counts observed'));

/** A message says that the run has cut over and watches what it did. */
export const watches = (run: string) => (text: string) =>
  text.includes(run) && /Watch for 15 minutes/.test(text) && /waiting until/.test(text);

/** Asks for the report and waits for its file. */
export async function askForReport(slack: Slack, who: Member, room: string) {
  await who.command(room, '/dr report');
  return slack.waitFor(
    () => slack.files().find(({ name, bytes }) => name.endsWith('-report.md') && bytes !== undefined),
    { timeoutMs: 20_000, what: 'the report file' },
  );
}
