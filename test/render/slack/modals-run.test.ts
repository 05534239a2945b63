import { describe, expect, test } from 'vitest';
import { renderPreview, renderRunForm } from '../../../src/render/slack/modals-run.ts';
import { parseRunStart } from '../../../src/render/slack/run-start.ts';
import { choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import { preview, runForm } from '../../helpers/surfaces.ts';

describe('the form to run', () => {
  test('shows the inputs of the chosen runbook and warns of one that was never run', () => {
    const view = renderRunForm(runForm('last proved 14 Nov (drill, 21 min)'));
    const other = renderRunForm({ ...runForm('x'), chosen: 'failover-standby' });

    expect(fieldOf(view, 'input.before')).toMatchObject({
      optional: true,
      label: { text: 'Restore point not after' },
    });
    expect(choicesOf(view, 'runbook')).toEqual([
      'restore-postgres · about 24 min',
      'failover-standby · time not known · never run',
      'long-40 · time not known · never run',
    ]);
    expect(choicesOf(view, 'mode')).toEqual(['Live, on PRODUCTION', 'Drill, on drill-owned copies']);
    expect(textOf(other)).toContain(':warning: warning: never run, so its time is not measured.');
    expect(fieldOf(other, 'input.before')).toBeUndefined();
  });

  test('of a drill offers nothing live', () => {
    expect(choicesOf(renderRunForm({ ...runForm('x'), modes: ['drill'] }), 'mode')).toEqual([
      'Drill, on drill-owned copies',
    ]);
  });
});

describe('the preview', () => {
  test('sets apart what starts at once, what needs approvals and what comes after', () => {
    const text = textOf(renderPreview(preview('Find the newest good backup', 6), { before: '02:05' }));

    expect(text).toContain('Nothing has been changed by this preview.');
    expect(text).toContain('*Harmless, starts at once* (step 1)\n1. Find the newest good backup');
    expect(text).toContain(
      ':lock: *Needs two approvals* (steps 2–5, reversible): Cut over to the restored database\nWhat stops working: Sign-in for everyone, about 3 s.\n2. Step 2',
    );
    expect(text).toContain('*Afterwards* (step 6)');
    expect(text).toContain('*Who can approve now*  Ana, Ben and Mina. Two of them.');
  });

  test('carries what "Start run" must know', () => {
    const view = renderPreview(preview('x', 6), { before: '02:05' });

    expect(view.submit?.text).toBe('Start run');
    expect(parseRunStart(view.private_metadata)).toEqual({
      incident: 'INC-2026-014',
      runbook: 'restore-postgres',
      mode: 'live',
      inputs: { before: '02:05' },
    });
  });

  test('that would stop shows its reasons and cannot be started', () => {
    const view = renderPreview(
      { ...preview('x', 6), blocked: ['no good backup. Choose an older restore point.'] },
      {},
    );

    expect(view).not.toHaveProperty('submit');
    expect(textOf(view)).toContain(
      'This run would stop before changing anything.\n:x: failed: no good backup. Choose an older restore point.',
    );
  });

  test('says what it does not know', () => {
    const unknown = {
      ...preview('x', 6),
      loss: null,
      undo: [],
      approvers: [],
      times: { workMs: null, rtoDueAt: null },
    };

    const text = textOf(renderPreview(unknown, {}));

    expect(text).toContain('*What would be lost*  Not known yet: it is counted before anything is cut over.');
    expect(text).toContain('not known: the plan has no estimates');
    expect(text).toContain('nobody: the plan names too few');
  });
});
