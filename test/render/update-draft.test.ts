import { describe, expect, it } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { draftUpdate, isNoNews, lastHeardAt } from '../../src/render/updates.ts';
import { at, person, ran, said, toldUntil, viewAt } from './story.ts';

describe('the draft of an update', () => {
  it('says that nothing is new, since when, and how far the work is', () => {
    const view = viewAt('02:25');

    const draft = draftUpdate(view);

    expect(draft).toEqual({
      status: 'identified',
      impact: 'Since 02:04 UTC: All regions. Login and token refresh return 500.',
      changed:
        'No new information since 02:21 UTC. RUN-31: waiting for approval, 4 of 9 steps finished (44%).',
      next: 'Two people approve "Cut over to the restored database" (APR-57 has 1 of 2, until 02:33 UTC). 118 rows would be lost.',
      expectedBack: null,
    });
    expect(isNoNews(draft)).toBe(true);
  });

  it('tells what was recorded since the last update, the most important first', () => {
    const draft = draftUpdate(viewAt('02:27:40'));

    expect(draft.changed).toBe(
      'The service was verified at 02:27:30 UTC: http.check, 5 of 5 answered 200. 4 steps of RUN-31 finished, the last: step 8 Sign in with the test account, done: 5 of 5 answered 200. "Cut over to the restored database" has 2 of 2 approvals (APR-57).',
    );
    expect(draft.impact).toBe(
      'Ended 02:27 UTC, 22 min 34 s after it began. It was: All regions. Login and token refresh return 500. 118 rows lost.',
    );
    expect(draft.expectedBack).toBe('back since 02:27 UTC');
    expect(isNoNews(draft)).toBe(false);
  });

  it('tells of a run that another one followed how it ended, and no more', () => {
    const view = viewAt('02:27:40');
    const [newest] = view.runs;
    if (newest === undefined) throw new Error('the story has no run');
    const over = { ...newest.run, id: 'RUN-30', outcome: 'aborted', finishedAt: at('02:26:00') } as const;

    const { changed } = draftUpdate({ ...view, runs: [newest, { ...newest, run: over }] });

    expect(changed).toContain('RUN-30 is over: ');
    expect(changed).toContain('4 steps of RUN-31 finished');
    expect(changed).not.toContain('of RUN-30 finished');
    expect(changed.split('(APR-57)')).toHaveLength(2);
  });

  it('counts from the declaration while nobody has published', () => {
    expect(lastHeardAt(viewAt('02:13').incident)).toEqual(new Date(at('02:12:04')));
    expect(draftUpdate(viewAt('02:13')).changed).toBe(
      'No new information since 02:12 UTC. The search for the cause goes on.',
    );
  });

  it('counts a fact once: what was told is not told again', () => {
    const view = viewAt('02:36');

    expect(draftUpdate(view, new Date(at('02:27'))).changed).toContain('verified');
    expect(draftUpdate(view).changed).not.toContain('verified');
  });

  it.each<[string, Parameters<typeof toldUntil>, RegExp, RegExp]>([
    [
      'a failed step',
      ['02:14:50'],
      /Step 2 Verify the backup failed: S3 did not answer\./,
      /^A person chooses how to go on after step 2/,
    ],
    [
      'a veto',
      [
        '02:20',
        [
          '02:20:10',
          person('mina'),
          'approval',
          'APR-57',
          { kind: 'approval.vetoed', person: 'mina', reason: 'wrong point', at: at('02:20:10') },
        ],
      ],
      /Mina vetoed "Cut over to the restored database": "wrong point"\./,
      /^A person chooses/,
    ],
    [
      'a void approval',
      [
        '02:20',
        [
          '02:20:10',
          BOT,
          'approval',
          'APR-57',
          { kind: 'approval.voided', reason: 'facts changed', differences: [], at: at('02:20:10') },
        ],
      ],
      /no longer counts: facts changed\./,
      /^Finish step 5/,
    ],
    [
      'an expired approval',
      [
        '02:20',
        ['02:20:10', BOT, 'approval', 'APR-57', { kind: 'approval.expired', votes: 1, at: at('02:20:10') }],
      ],
      /The approval of ".*" expired\./,
      /^Finish step 5/,
    ],
    [
      'a question',
      [
        '02:18:40',
        ran('02:18:41', {
          kind: 'step.asked',
          step: 'keys',
          attempt: 1,
          question: { kind: 'manual', instruction: 'x', assignee: 'ben', evidence: 'none' },
          at: at('02:18:41'),
        }),
      ],
      /Step 4 Confirm the encryption key waits for an answer\./,
      /^Ben answers step 4/,
    ],
    [
      'an uncertain step',
      [
        '02:14:41',
        ran('02:14:50', {
          kind: 'step.uncertain',
          step: 'find',
          attempt: 1,
          seen: [],
          howToTell: null,
          at: at('02:14:50'),
        }),
      ],
      /Step 1 .* is uncertain/,
      /^A person chooses/,
    ],
    [
      'an undo',
      [
        '02:26:43',
        ran('02:26:50', {
          kind: 'undo.started',
          gate: 'cut-over',
          reason: 'stop failed',
          at: at('02:26:50'),
        }),
      ],
      /"Cut over to the restored database" is being undone: stop failed\./,
      /^The bot takes back what RUN-31 began\.$/,
    ],
    [
      'a gate that began and an abort in it',
      [
        '02:26:43',
        ran('02:26:50', { kind: 'run.abort-requested', person: 'ben', reason: 'stop', at: at('02:26:50') }),
      ],
      /Ben asked to abort RUN-31: "stop"\. "Cut over to the restored database" began\./,
      /^The bot takes back what RUN-31 began\.$/,
    ],
    [
      'an abort',
      [
        '02:14:41',
        ran('02:14:50', { kind: 'run.finished', outcome: 'aborted', cleaned: [], at: at('02:14:50') }),
      ],
      /RUN-31 is over: aborted\./,
      /^Find the cause and choose a runbook \(Ana\)\.$/,
    ],
  ])('names %s and what follows', (_, told, changed, next) => {
    const draft = draftUpdate(viewAt('02:30', toldUntil(...told)));

    expect(draft.changed).toMatch(changed);
    expect(draft.next).toMatch(next);
  });

  it('looks ahead by the state of the incident when no run is active', () => {
    expect(draftUpdate(viewAt('02:57')).next).toBe('Watch, then resolve (Ana).');
    expect(draftUpdate(viewAt('02:36')).next).toBe('Look again at step 9 Watch for 15 minutes at 02:43 UTC.');
    expect(draftUpdate(viewAt('03:30')).next).toBe('The report by Ana, due 23 Nov 03:20 UTC.');
    expect(draftUpdate(viewAt('03:30')).changed).toBe(
      'The status is now Resolved. Cause: "A migration deleted rows in four tables".',
    );
    const identified = toldUntil(
      '02:13',
      said('02:13:50', {
        kind: 'incident.status-changed',
        from: 'investigating',
        to: 'identified',
        what: 'A disk died',
      }),
    );
    expect(draftUpdate(viewAt('02:14', identified))).toMatchObject({
      next: 'Start the recovery (Ana).',
      changed: 'The status is now Identified. Cause: "A disk died".',
    });
  });

  it('never estimates: it repeats what a person said, with the time they said it', () => {
    const promised = (expectedBack: string) =>
      toldUntil(
        '02:13',
        said('02:13:40', {
          kind: 'incident.update-published',
          number: 1,
          text: { status: 'investigating', impact: 'x', changed: 'y', next: 'z', expectedBack },
          dueAt: at('02:42:04'),
          publishedAt: at('02:13:40'),
          nextAt: at('02:43:40'),
          automatic: false,
          missed: [],
        }),
      );

    expect(draftUpdate(viewAt('02:20', promised('03:00 UTC'))).expectedBack).toBe(
      '03:00 UTC (said 02:13 UTC)',
    );
    expect(draftUpdate(viewAt('02:20', promised('03:00 UTC (said 02:13 UTC)'))).expectedBack).toBe(
      '03:00 UTC (said 02:13 UTC)',
    );
  });
});
