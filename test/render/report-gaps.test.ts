import { describe, expect, it } from 'vitest';
import { reportGaps } from '../../src/render/report-gaps.ts';
import { reportOf, section } from './report-text.ts';
import { said, TOLD, viewAt } from './story.ts';

describe('lessons of two kinds', () => {
  it('fill the questions why it was not prevented and where monitoring failed', () => {
    const told = [
      ...TOLD,
      said('03:30', { kind: 'incident.lesson-added', text: 'Prevention: no copy to try migrations on' }),
      said('03:31', { kind: 'incident.lesson-added', text: 'monitoring: no alert on row counts' }),
    ];
    const view = viewAt('04:00', told);

    const report = reportOf(view);

    expect(section(report, 'Why it was not prevented')).toContain('> no copy to try migrations on');
    expect(section(report, 'Gaps in monitoring')).toContain('> no alert on row counts');
    expect(section(report, '12. Lessons')).not.toContain('row counts');
    expect(reportGaps(view)).toEqual({ complete: 12, total: 12, missing: [] });
    expect(report).toContain('All 12 parts are complete.');
  });
});

describe('gaps', () => {
  it('name the first action item without a real due date or owner', () => {
    const item = (owner: string, due: string) =>
      viewAt('04:00', [
        ...TOLD,
        said('03:30', { kind: 'incident.action-item-added', text: 'x', owner, due }),
      ]);

    expect(reportGaps(item('ben', 'soon')).missing).toContain('the due date of action item 2');
    expect(reportGaps(item(' ', '2026-12-01')).missing).toContain('the owner of action item 2');
  });

  it('take "not known yet" as no root cause, and a reason as an answer to the time of detection', () => {
    const view = viewAt('04:00');
    const resolved = view.incident.resolved;
    if (resolved === null) throw new Error('not resolved');
    const changed = {
      ...view,
      incident: {
        ...view.incident,
        detectedAt: null,
        resolved: { ...resolved, rootCause: 'Not known yet', unknownDetected: 'no alert kept' },
      },
    };

    expect(reportGaps(changed).missing).toEqual([
      'the root cause',
      'why it was not prevented',
      'gaps in monitoring',
    ]);
    expect(reportOf(changed)).toContain('| Detected | not known: no alert kept |');
  });
});
