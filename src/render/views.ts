export type { IncidentView, ReportView, RunView } from '../domain/views.ts';
