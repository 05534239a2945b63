import { readFileSync } from 'node:fs';
import type { ReportView } from '../../src/domain/views.ts';
import { renderReport } from '../../src/render/report.ts';

const template = readFileSync(new URL('../../templates/report/post-incident.md', import.meta.url), 'utf8');

/** The report with the template that ships. */
export const reportOf = (view: ReportView): string => renderReport(view, template);

/** One section of a report, by words of its heading. */
export const section = (report: string, heading: string): string =>
  report.split(/\n(?=##+ )/).find((part) => part.split('\n')[0]?.includes(heading)) ?? '';
