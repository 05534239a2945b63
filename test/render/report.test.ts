import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BOT, type IncidentEvent } from '../../src/domain/events.ts';
import { renderReport, reportGaps } from '../../src/render/report.ts';
import { at, person, TOLD, toldUntil, viewAt } from './story.ts';

const template = readFileSync(new URL('../../templates/report/post-incident.md', import.meta.url), 'utf8');
const render = (view: ReturnType<typeof viewAt>) => renderReport(view, template);
const incident = (time: string, event: IncidentEvent) =>
  [time, person('ana'), 'incident', 'INC-2026-014', event] as const;
/** The text of one section, by its heading. */
const section = (report: string, heading: string) =>
  report.split(/\n(?=##+ )/).find((part) => part.includes(heading)) ?? '';

describe('the report of a resolved incident', () => {
  const report = render(viewAt('04:00'));

  it('says id, start, end, duration, severity and impact', () => {
    expect(report).toMatch(/^# Post-incident report INC-2026-014: Sign-in fails for most customers\n/);
    for (const row of [
      '| Start | 21 Nov 2026 02:04:56 UTC |',
      '| End | 21 Nov 2026 03:20:10 UTC |',
      '| Duration | 1 h 15 min |',
      '| Severity | SEV1, Critical |',
    ])
      expect(report).toContain(row);
    expect(section(report, '4. Impact')).toContain('> All regions. Login and token refresh return 500.');
  });

  it('keeps beginning, detection and declaration apart from recovery, restoration and resolution', () => {
    const times = section(report, '2. Key times');

    for (const row of [
      '| Began | 21 Nov 2026 02:04:56 UTC |',
      '| Detected | 21 Nov 2026 02:09:00 UTC | 4 min 4 s |',
      '| Declared | 21 Nov 2026 02:12:04 UTC | 7 min 8 s |',
      '| Recovery started | 21 Nov 2026 02:14:40 UTC | 9 min 44 s | start of RUN-31 |',
      '| Service restored | 21 Nov 2026 02:27:30 UTC | 22 min 34 s | RUN-31: http.check, 5 of 5 answered 200 |',
      '| Resolved | 21 Nov 2026 03:20:10 UTC | 1 h 15 min | the log |',
    ])
      expect(times).toContain(row);
  });

  it('sets what was achieved against the objectives, with evidence, and waiting apart', () => {
    const part = section(report, '3. Recovery objectives');

    expect(part).toContain(
      '| Time to recover (RTA, objective RTO) | 1 h | 15 min 26 s | met | RUN-31: http.check, 5 of 5 answered 200 |',
    );
    expect(part).toContain(
      '| Recovery point (RPA, objective RPO) | 5 min | 4 min 52 s | met | 21 Nov 2026 02:00:04 UTC, postgres_janua_20261121_020004.dump, SHA-256 9f2c41d0 |',
    );
    expect(part).toContain('| Waiting for people, within the time to recover | 8 min 21 s |');
    expect(part).toContain('| Work of the bot and its steps, within the time to recover | 7 min 5 s |');
    expect(part).toContain(
      'The RTO clock starts when the disruption was declared (plan): 21 Nov 2026 02:12:04 UTC.',
    );
  });

  it('tells the timeline with the number of each event', () => {
    const part = section(report, '7. Timeline');

    expect(part).toContain(
      '| 02:12:04 | Ana declared INC-2026-014 for Janua, SEV1: "Sign-in fails for most customers". | 101 |',
    );
    expect(part.match(/^\| \d\d:/gm)?.length).toBeGreaterThan(30);
  });

  it('shows every step of every run with attempts, lengths and outputs', () => {
    const part = section(report, '### RUN-31');

    expect(part).toContain(
      '| 2 | Verify the backup | done | 02:14:46 | 23 s | 2 (attempt 1: S3 did not answer) | complete, 214,600 rows |',
    );
    expect(part).toContain(
      '| 4 | Confirm the encryption key | skipped | not started | not started | 0 | inputs.before does not hold |',
    );
    expect(part.match(/^\| \d+ \|/gm)).toHaveLength(9);
    expect(part).toContain(
      'Gate "Cut over to the restored database" opened at 02:26:42 UTC by APR-57 and ended 10 s later, done; 3 steps.',
    );
    expect(part).toContain('- Step 6 Swap the databases: kept `janua_before_run31`');
  });

  it('shows who approved what, when, through which door and on which digest', () => {
    const part = section(report, '### APR-57');

    expect(part).toContain('- Fingerprint RRXK-X2J1, digest `c63b3e8a41');
    expect(part).toMatch(
      /\| Ana Duarte \| 21 Nov 2026 02:19:10 UTC \| Slack \| `U0000000ANA` \| `c63b3e8a41/,
    );
    expect(part).toMatch(
      /\| Ben Okoye \| 21 Nov 2026 02:26:41 UTC \| terminal, signed with an SSH key \| `ben` \|/,
    );
    expect(section(report, '### Clicks that were refused')).toContain(
      '| 02:20:30 UTC | nobody in people.yml | `U0000000DAN` | APR-57 | `not-in-people-file` | 122 |',
    );
  });

  it('counts communication against its promise', () => {
    const part = section(report, '10. Communication');

    expect(part).toContain(
      '- Updates on time: 3 of 3 due; 3 updates posted, one every 30 min promised.\n- Longest silence: 28 min 12 s.',
    );
    expect(part).toContain(
      '| 3 | 02:58:00 | 02:56:12 | yes | Chloe Martin | Monitoring | The watch of 15 min ended with 0 errors. | 148 |',
    );
  });

  it('lists action items with owner and due date, lessons, and what is still missing', () => {
    expect(section(report, '11. Action items')).toContain(
      '| 1 | Run migrations on a copy first | Ben Okoye | 1 Dec 2026 |',
    );
    expect(section(report, '12. Lessons')).toContain('- The second approver was asleep for 7 minutes');
    expect(section(report, '13. Completeness')).toContain(
      '10 of 12 parts are complete. Still missing:\n\n- why it was not prevented\n- gaps in monitoring',
    );
  });

  it('says that the log was verified, or that nothing is proved', () => {
    const view = viewAt('04:00');

    expect(report).toContain(
      'Log verified: 51 events of this incident, numbers 101 to 151; the chain of hashes is unbroken.',
    );
    expect(render({ ...view, audit: { ...view.audit, verified: false } })).toContain(
      '**The log could not be verified.**',
    );
  });

  it('is the same bytes for the same facts, whenever it is written and however often', () => {
    const again = [
      ...TOLD,
      [
        '03:40:00',
        BOT,
        'incident',
        'INC-2026-014',
        { kind: 'incident.report-written', revision: 1, sha256: 'a', bytes: 9 },
      ] as const,
    ];

    expect(render(viewAt('2026-11-25T00:00:00Z', again))).toBe(report);
  });
});

describe('lessons of two kinds', () => {
  it('fill the questions why it was not prevented and where monitoring failed', () => {
    const told = [
      ...TOLD,
      incident('03:30', { kind: 'incident.lesson-added', text: 'Prevention: no copy to try migrations on' }),
      incident('03:31', { kind: 'incident.lesson-added', text: 'monitoring: no alert on row counts' }),
    ];
    const view = viewAt('04:00', told);

    const report = render(view);

    expect(section(report, 'Why it was not prevented')).toContain('> no copy to try migrations on');
    expect(section(report, 'Gaps in monitoring')).toContain('> no alert on row counts');
    expect(section(report, '12. Lessons')).not.toContain('row counts');
    expect(reportGaps(view)).toEqual({ complete: 12, total: 12, missing: [] });
    expect(report).toContain('All 12 parts are complete.');
  });
});

describe('the report of an incident that goes on', () => {
  const report = render(viewAt('02:15'));

  it('says "not known" with the reason, and never 0', () => {
    expect(report).toContain('| 1 h | not known: the service is not verified yet | not known | none |');
    expect(report).toContain('| 5 min | not known: no recovery point has been recorded | not known | none |');
    expect(report).toContain('| End | not known: the incident goes on |');
    expect(report).toContain('Data lost, as measured: not known: it was not measured.');
    expect(report).toContain('_Still missing: the incident is not resolved yet._');
    expect(report).not.toMatch(/\b(0 s|0 rows)\b/);
    expect(report).not.toMatch(/undefined|null|NaN|\| +\|/);
  });

  it('shows the failed step and that nobody was asked for approval', () => {
    expect(report).toContain(
      '| 2 | Verify the backup | failed | 02:14:46 | 4 s | 1 (attempt 1: S3 did not answer) | S3 did not answer |',
    );
    expect(report).toContain('No approval was asked for.');
    expect(report).toContain('No click was refused.');
    expect(report).toContain('No update was published.');
  });

  it('of which nothing is known still is a whole document', () => {
    const bare = render(viewAt('02:12:05', toldUntil('02:12:05')));

    expect(bare).toContain('No runbook was run.');
    expect(bare).toContain('| Start | not known: the time it began is missing |');
    expect(bare).not.toMatch(/undefined|null|NaN/);
  });
});

it('names missed objectives, late updates and interrupted attempts', () => {
  const late = toldUntil(
    '02:26:42',
    [
      '02:26:43',
      BOT,
      'run',
      'RUN-31',
      { kind: 'step.started', step: 'stop', attempt: 2, params: {}, at: at('02:26:43') },
    ],
    [
      '03:00:00',
      BOT,
      'run',
      'RUN-31',
      { kind: 'step.uncertain', step: 'stop', attempt: 2, seen: [], howToTell: null, at: at('03:00') },
    ],
    [
      '03:00:10',
      person('ben'),
      'run',
      'RUN-31',
      { kind: 'step.ruled', step: 'stop', happened: true, saw: 'no pods', person: 'ben' },
    ],
    incident('03:30', {
      kind: 'incident.update-published',
      number: 2,
      text: { status: 'identified', impact: 'i', changed: 'c', next: 'n', expectedBack: null },
      dueAt: at('02:51:10'),
      publishedAt: at('03:30'),
      nextAt: at('04:00'),
      automatic: false,
      missed: [at('03:21:10')],
    }),
    incident('03:31', { kind: 'incident.update-snoozed', until: at('04:05'), reason: 'facts come' }),
    incident('03:40', { kind: 'incident.verified', at: at('03:40'), evidence: 'looked', run: 'RUN-31' }),
  );

  const report = render(viewAt('03:45', late));

  expect(report).toContain('| 1 h | 1 h 27 min | **missed** by 27 min 56 s |');
  expect(report).toContain('**no**, 38 min 50 s late; stands for 2 due updates');
  expect(report).toContain('- Updates on time: 1 of 3 due;');
  expect(report).toContain('- Put off at 03:31:00 until 04:05:00: "facts come"');
  expect(report).toContain('2 (attempt 1: interrupted; attempt 2: uncertain)');
  expect(report).toContain('Ben Okoye says it happened: "no pods"');
});

it('tells how other approvals ended', () => {
  const ended = (event: Parameters<typeof toldUntil>[1][4]) =>
    section(
      render(viewAt('03:00', toldUntil('02:20', ['02:21:00', person('mina'), 'approval', 'APR-57', event]))),
      '### APR-57',
    );

  expect(ended({ kind: 'approval.vetoed', person: 'mina', reason: 'wrong', at: at('02:21') })).toContain(
    'Ended: vetoed by Mina Sato at 02:21:00 UTC: "wrong".',
  );
  expect(
    ended({ kind: 'approval.voided', reason: 'facts changed', differences: ['a → b'], at: at('02:21') }),
  ).toContain('Ended: void at 02:21:00 UTC, facts changed (a → b).');
  expect(ended({ kind: 'approval.expired', votes: 1, at: at('02:21') })).toContain(
    'Ended: expired at 02:21:00 UTC with 1 of 2.',
  );
  expect(ended({ kind: 'approval.approved', openBy: at('02:31'), at: at('02:21') })).toContain(
    'Ended: approved at 02:21:00 UTC, not yet begun.',
  );
  expect(section(render(viewAt('02:19:00')), '### APR-57')).toMatch(
    /Ended: not yet, 0 of 2\.\n\nNobody approved it\./,
  );
});

it('keeps hostile text inert: no markup, link, table cell or heading comes out of it', () => {
  const hostile =
    '# X\n\n| a | b |\n![i](javascript:alert) <img src=x onerror=y> [APPROVED](http://evil) `code` **bold** \u202e\u0000';
  const soil = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => soil(item));
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, soil(inner, name)]));
    const free = [
      'title',
      'impact',
      'text',
      'what',
      'reason',
      'rootCause',
      'dataLost',
      'evidence',
      'summary',
      'changed',
      'next',
      'loss',
      'value',
      'saw',
    ];
    return typeof value === 'string' && free.includes(key) ? `${value} ${hostile}` : value;
  };
  const told = TOLD.map(
    ([time, actor, type, id, event]) => [time, actor, type, id, soil(event)] as (typeof TOLD)[number],
  );

  const report = render(viewAt('04:00', told));

  const outsideCode = report.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
  expect(outsideCode).not.toMatch(/(?<!\\)(\]\(|<[a-z!/])/i);
  expect(outsideCode).not.toMatch(/(?<!\\)\*\*bold/);
  expect(outsideCode).not.toMatch(/http:\/\//);
  expect(report).not.toMatch(/[\u0000\u202e]/);
  expect(report.match(/^#+ /gm)).toHaveLength(render(viewAt('04:00')).match(/^#+ /gm)?.length ?? 0);
  const cells = (line: string) => line.split(/(?<!\\)\|/).length;
  for (const block of report.split('\n\n').filter((part) => part.startsWith('| ')))
    expect(new Set(block.split('\n').map(cells)).size).toBe(1);
});

it('names the template and the variable when the template is wrong', () => {
  expect(() => renderReport(viewAt('04:00'), '{{ nonsense }}')).toThrow(
    /^templates\/report\/post-incident\.md: undefined variable: nonsense.*No report was written/,
  );
});

it('says DRILL first in the report of a drill', () => {
  const view = viewAt('04:00');

  expect(render({ ...view, incident: { ...view.incident, id: 'DRILL-2026-003' } })).toMatch(
    /^# Post-incident report DRILL-2026-003.*\n\n\*\*DRILL\.\*\*/,
  );
});

describe('gaps', () => {
  it('name the first action item without a real due date or owner', () => {
    const item = (owner: string, due: string) =>
      viewAt('04:00', [
        ...TOLD,
        incident('03:30', { kind: 'incident.action-item-added', text: 'x', owner, due }),
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
    expect(render(changed)).toContain('| Detected | not known: no alert kept |');
  });
});

it('shows inputs, outputs, undo and abort of a run that was given up', () => {
  const told = [
    ...toldUntil('02:26:43').map(
      ([time, actor, type, id, event]) =>
        [
          time,
          actor,
          type,
          id,
          event.kind === 'run.started' ? { ...event, inputs: { before: '02:05', note: '' } } : event,
        ] as const,
    ),
    [
      '02:26:44',
      BOT,
      'run',
      'RUN-31',
      {
        kind: 'step.finished',
        step: 'stop',
        attempt: 1,
        summary: 'janua-api 4 → 0',
        output: { previous: 4, list: [1] },
        facts: [],
        at: at('02:26:44'),
        known: 'run',
      },
    ],
    [
      '02:26:45',
      person('ben'),
      'run',
      'RUN-31',
      { kind: 'run.abort-requested', person: 'ben', reason: 'wrong point', at: at('02:26:45') },
    ],
    [
      '02:26:46',
      BOT,
      'run',
      'RUN-31',
      { kind: 'undo.started', gate: 'cut-over', reason: 'aborted: wrong point', at: at('02:26:46') },
    ],
    [
      '02:26:47',
      BOT,
      'run',
      'RUN-31',
      { kind: 'step.undone', step: 'stop', summary: 'janua-api 0 → 4', facts: [], at: at('02:26:47') },
    ],
    [
      '02:26:48',
      BOT,
      'run',
      'RUN-31',
      { kind: 'gate.closed', gate: 'cut-over', outcome: 'undone', at: at('02:26:48') },
    ],
    [
      '02:26:49',
      BOT,
      'run',
      'RUN-31',
      { kind: 'run.finished', outcome: 'undone', cleaned: [], at: at('02:26:49') },
    ],
  ] as const;

  const part = section(render(viewAt('03:00', told)), '### RUN-31');

  expect(part).toContain('| Inputs | before = `02:05` |');
  expect(part).toContain('| Abort | asked for by Ben Okoye at 21 Nov 2026 02:26:45 UTC: "wrong point" |');
  expect(part).toContain(
    '| 5 | Stop everything that writes (gate) | undone | 02:26:42 | 2 s | 1 | janua-api 0 → 4 |',
  );
  expect(part).toContain('ended 6 s later, undone; 3 steps. Undo: aborted: wrong point.');
  expect(part).toContain('- Step 5 Stop everything that writes: previous `4`');
});
