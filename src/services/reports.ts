import { sha256 } from '../domain/canonical.ts';
import type { Actor } from '../domain/events.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { ReportView } from '../domain/views.ts';
import { lockIncident } from '../store/aggregates.ts';
import { newestReport, saveReport } from '../store/surroundings.ts';
import type { Deps } from './deps.ts';
import type { Views } from './views.ts';

export interface WrittenReport {
  readonly incident: string;
  readonly revision: number;
  readonly body: string;
  readonly sha256: string;
  readonly missing: readonly string[];
}

/** Writes a post-incident report from the log and keeps it. The same content again is the same revision. */
export function createReports(
  { db, commit }: Deps,
  views: Views,
  render: (view: ReportView) => { body: string; missing: readonly string[] },
) {
  async function write(actor: Actor, incident: string): Promise<WrittenReport | Refusal> {
    const view = await views.report(incident);
    if (view === undefined) return refuse('unknown-incident', { incident });
    const { body, missing } = render(view);
    const digest = sha256(body);
    return db.transact(async (tx) => {
      await lockIncident(tx, incident);
      const newest = await newestReport(tx, incident);
      if (newest?.sha256 === digest)
        return { incident, revision: newest.revision, body, sha256: digest, missing };
      const revision = (newest?.revision ?? 0) + 1;
      await saveReport(tx, incident, { revision, body, sha256: digest });
      await commit(tx, actor, [
        {
          type: 'incident',
          id: incident,
          events: [
            { kind: 'incident.report-written', revision, sha256: digest, bytes: Buffer.byteLength(body) },
          ],
        },
      ]);
      return { incident, revision, body, sha256: digest, missing };
    });
  }

  return { write };
}
