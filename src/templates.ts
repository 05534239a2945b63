import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { UpdateText } from './domain/events.ts';
import type { IncidentView, ReportView } from './domain/views.ts';
import { renderReport } from './render/report.ts';
import { reportGaps } from './render/report-gaps.ts';
import { renderUpdate } from './render/updates.ts';

const FOLDER = new URL('../templates/', import.meta.url);

/** Every sentence outsiders read is in templates/. They are read once at the start, so that a fault shows then. */
export async function readTemplates() {
  const read = (name: string) => readFile(fileURLToPath(new URL(name, FOLDER)), 'utf8');
  const [report, investigating, identified, monitoring, resolved] = await Promise.all([
    read('report/post-incident.md'),
    read('status/investigating.md'),
    read('status/identified.md'),
    read('status/monitoring.md'),
    read('status/resolved.md'),
  ]);
  const status = { investigating, identified, monitoring, resolved };
  return {
    renderUpdate: (text: UpdateText, view: IncidentView) => renderUpdate(text, view, status[text.status]),
    renderReport: (view: ReportView) => ({
      body: renderReport(view, report),
      missing: reportGaps(view).missing,
    }),
  };
}
