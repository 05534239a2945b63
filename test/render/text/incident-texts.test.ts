import { describe, expect, it } from 'vitest';
import { BOT } from '../../../src/domain/events.ts';
import { renderApproval } from '../../../src/render/text/approval.ts';
import { renderRun } from '../../../src/render/text/run.ts';
import { renderStatus } from '../../../src/render/text/status.ts';
import { at, person, toldUntil, viewAt } from '../story.ts';

describe('dr status', () => {
  it('shows clocks, run and approval with marks, and local time beside UTC', () => {
    expect(renderStatus(viewAt('02:20'), 'Europe/Athens')).toBe(`INC-2026-014  Janua  SEV1  PRODUCTION
"Sign-in fails for most customers"
Investigating since 02:12 UTC (04:12 local)
  RTO 1 h      due 03:12 UTC (05:12 local), 52 min 4 s left               [ok]
  RPO 5 min    a restore now loses 4 min 52 s                             [ok]
  Next update  02:42 UTC (04:42 local), draft to Chloe at 02:37 UTC
  Run          RUN-31 restore-postgres, waiting for approval, step 5 of 9 [wait]
  Approval     APR-57, 1 of 2, until 02:33 UTC (04:33 local); dr approve  [wait]
               APR-57
  Waiting      1 min 40 s spent waiting for people
  People       Commander Ana, deputy nobody, scribe nobody, liaison Chloe
  Affected     "All regions. Login and token refresh return 500."
As of 02:20:00 UTC`);
  });

  it('says what is missed, late, unknown or over', () => {
    const early = toldUntil('02:13');

    expect(renderStatus(viewAt('03:20', early))).toMatch(
      /RTO 4 h .*2 h 52 min left +\[ok\]\n.*RPO 1 h +not known: no recovery point has been recorded +\[\?{4}\]\n.*Next update +late by 37 min 56 s \(due 02:42 UTC\) +\[warn\]\n +Run +none yet\. To start one: dr run/,
    );
    expect(renderStatus(viewAt('07:20', early))).toMatch(/missed by 1 h 07 min, still counting +\[fail\]/);
    expect(renderStatus(viewAt('04:00'))).toMatch(
      /RTA 15 min 26 s, met +\[ok\]\n.*RPA 4 min 52 s, met +\[ok\]\n.*Run .*done +\[ok\]/,
    );
    expect(renderStatus(viewAt('02:20'))).not.toContain('local');
  });
});

describe('dr run show', () => {
  it('has one line a step, the gate with its approval, and what a person must do', () => {
    const text = renderRun(viewAt('02:20'), 'RUN-31');

    expect(text).toContain('RUN-31  restore-postgres  PRODUCTION\n[wait] waiting for approval\n');
    expect(text).toContain(
      '\n [ok]     1  Find the newest good backup     4 s         postgres_janua_2026112…\n',
    );
    expect(text).toContain('+ Cut over to the restored database: APR-57, 1 of 2, until 02:33');
    expect(text).toContain('\n [wait]   5  | Stop everything that writes\n');
    expect(text).toContain('waits for approval: dr approve APR-57');
  });

  it('gives the whole reason of a stop, and the commands to answer it', () => {
    expect(renderRun(viewAt('02:15'), 'RUN-31')).toContain(
      'Step 2 Verify the backup failed: S3 did not answer\n  reset by peer\n  dr step retry verify · dr step skip verify',
    );
    const uncertain = toldUntil('02:14:41', [
      '02:14:50',
      BOT,
      'run',
      'RUN-31',
      {
        kind: 'step.uncertain',
        step: 'find',
        attempt: 1,
        seen: ['no mark'],
        howToTell: 'count accounts',
        at: at('02:14:50'),
      },
    ]);
    expect(renderRun(viewAt('02:16', uncertain), 'RUN-31')).toMatch(
      /is uncertain\.\n {2}no mark\n {2}How to tell: count accounts\n {2}dr step retry find · dr step happened find/,
    );
    const asked = toldUntil('02:18:40', [
      '02:18:41',
      BOT,
      'run',
      'RUN-31',
      {
        kind: 'step.asked',
        step: 'keys',
        attempt: 1,
        question: {
          kind: 'decision',
          question: 'Which key?',
          options: [{ value: 'old', label: 'The old one' }],
        },
        at: at('02:18:41'),
      },
    ]);
    expect(renderRun(viewAt('02:19', asked), 'RUN-31')).toMatch(
      /Which key\?\n {2}old: The old one\n {2}dr step choose/,
    );
  });

  it('names the ways on where an approval cannot be asked for, and no time of a step that never began', () => {
    const stuck = toldUntil('02:18:40', [
      '02:18:41',
      BOT,
      'run',
      'RUN-31',
      { kind: 'gate.blocked', gate: 'cut-over', reasons: ['Cluster `janua` is away.'], at: at('02:18:41') },
    ]);
    expect(renderRun(viewAt('02:19', stuck), 'RUN-31')).toContain(
      'Approval cannot be asked for: Cluster `janua` is away.\n  dr step retry · dr abort "…"',
    );
    const faulty = toldUntil('02:14:40', [
      '02:14:44',
      BOT,
      'run',
      'RUN-31',
      {
        kind: 'step.failed',
        step: 'find',
        attempt: 0,
        code: 'plan-invalid',
        reason: 'It refers to nothing.',
        details: [],
        at: at('02:14:44'),
      },
    ]);
    expect(renderRun(viewAt('02:16', faulty), 'RUN-31')).not.toContain('−');
  });

  it('answers for a run that is not there', () => {
    expect(renderRun(viewAt('02:20'), 'RUN-9')).toBe(
      'There is no run RUN-9 in INC-2026-014. Runs: dr status',
    );
  });
});

describe('dr approve', () => {
  it('shows all that is approved, who may, and the fingerprint last', () => {
    const text = renderApproval(viewAt('02:20'), 'APR-57');

    expect(text).toMatch(
      /What happens\n {2}5\. Stop everything that writes\n {5}janua-api in janua: 4 → 0 replicas\n/,
    );
    expect(text).toContain(
      'Data lost\n  118 rows written 02:00:04–02:04:56 UTC\n  4 min 52 s of 5 min allowed (RPO): met\n',
    );
    expect(text).toContain('1 of 2. Waiting for one of Ben or Mina, until 02:33 UTC.');
    expect(text).toMatch(/Fingerprint RRXK-X2J1\. Compare it with the card\.$/);
  });

  it('says first when it cannot be undone, and that the requester does not count', () => {
    const view = viewAt('02:19:00');
    const [run] = view.runs;
    const [approval] = run?.approvals ?? [];
    if (run === undefined || approval === undefined) throw new Error('no approval');
    const irreversible = {
      ...approval,
      class: 'irreversible' as const,
      card: { ...approval.card, undo: [], lossMs: null },
    };

    const text = renderApproval({ ...view, runs: [{ ...run, approvals: [irreversible] }] }, 'APR-57');

    expect(text).toMatch(/^CANNOT BE UNDONE {2}APR-57/);
    expect(text).toContain('irreversible; Ana asked, so Ana cannot');
    expect(text).toContain('Can it be undone\n  No.');
    expect(text).toContain('Waiting for one of Ben or Mina');
  });

  it.each([
    ['02:26:41', 'Approved by Ana and Ben. It must begin by 02:36:41 UTC.'],
    ['02:27', 'Approved by Ana and Ben and begun at 02:26:42 UTC.'],
  ])('at %s: %s', (now, words) => {
    expect(
      renderApproval(
        viewAt(
          now,
          toldUntil(now).filter(([, , , , event]) => now !== '02:26:41' || event.kind !== 'approval.used'),
        ),
        'APR-57',
      ),
    ).toContain(words);
  });

  it('tells how it ended without effect', () => {
    const ended = (event: Parameters<typeof toldUntil>[1][4]) =>
      renderApproval(
        viewAt('02:30', toldUntil('02:20', ['02:21:00', person('mina'), 'approval', 'APR-57', event])),
        'APR-57',
      ).replace(/\s+/g, ' ');

    expect(ended({ kind: 'approval.vetoed', person: 'mina', reason: 'wrong', at: at('02:21') })).toContain(
      'Vetoed by Mina at 02:21:00 UTC: "wrong". Nothing was done.',
    );
    expect(
      ended({ kind: 'approval.voided', reason: 'facts changed', differences: ['a → b'], at: at('02:21') }),
    ).toContain('No longer counts since 02:21:00 UTC: facts changed (a → b). Nothing was done.');
    expect(ended({ kind: 'approval.expired', votes: 1, at: at('02:21') })).toContain(
      'Expired at 02:21:00 UTC with 1 of 2. Nothing was done.',
    );
    expect(renderApproval(viewAt('02:20'), 'APR-9')).toContain('There is no approval APR-9');
  });
});
