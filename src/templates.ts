import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ReportView } from './domain/views.ts';
import { renderReport } from './render/report.ts';
import { reportGaps } from './render/report-gaps.ts';

const FOLDER = new URL('../templates/', import.meta.url);

/** Every sentence outsiders read is in templates/. They are read once at the start, so that a fault shows then. */
export async function readTemplates() {
  const read = (name: string) => readFile(fileURLToPath(new URL(name, FOLDER)), 'utf8');
  const report = await read('report/post-incident.md');
  return {
    renderReport: (view: ReportView) => ({
      body: renderReport(view, report),
      missing: reportGaps(view).missing,
    }),
  };
}
