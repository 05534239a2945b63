import { expect, it } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { reportOf, section } from './report-text.ts';
import { at, person, said, TOLD, toldUntil, viewAt } from './story.ts';

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
    said('03:30', {
      kind: 'incident.update-published',
      number: 2,
      text: { status: 'identified', impact: 'i', changed: 'c', next: 'n', expectedBack: null },
      dueAt: at('02:51:10'),
      publishedAt: at('03:30'),
      nextAt: at('04:00'),
      automatic: false,
      missed: [at('03:21:10')],
    }),
    said('03:31', { kind: 'incident.update-snoozed', until: at('04:05'), reason: 'facts come' }),
    said('03:40', { kind: 'incident.verified', at: at('03:40'), evidence: 'looked', run: 'RUN-31' }),
  );

  const report = reportOf(viewAt('03:45', late));

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
      reportOf(
        viewAt('03:00', toldUntil('02:20', ['02:21:00', person('mina'), 'approval', 'APR-57', event])),
      ),
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
  expect(section(reportOf(viewAt('02:19:00')), '### APR-57')).toMatch(
    /Ended: not yet, 0 of 2\.\n\nNobody approved it\./,
  );
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
        output: { previousReplicas: 4, list: [1] },
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

  const part = section(reportOf(viewAt('03:00', told)), '### RUN-31');

  expect(part).toContain('| Inputs | before = `02:05` |');
  expect(part).toContain('| Abort | asked for by Ben Okoye at 21 Nov 2026 02:26:45 UTC: "wrong point" |');
  expect(part).toContain(
    '| 5 | Stop everything that writes (gate) | undone | 02:26:42 | 2 s | 1 | janua-api 0 → 4 |',
  );
  expect(part).toContain('| not done | not started |');
  expect(part).not.toContain('| pending |');
  expect(part).toContain('ended 6 s later, undone; 3 steps. Undo: aborted: wrong point.');
  expect(part).toContain('- Step 5 Stop everything that writes: previous replicas `4`');
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

  const report = reportOf(viewAt('04:00', told));

  const outsideCode = report.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
  expect(outsideCode).not.toMatch(/(?<!\\)(\]\(|<[a-z!/])/i);
  expect(outsideCode).not.toMatch(/(?<!\\)\*\*bold/);
  expect(outsideCode).not.toMatch(/http:\/\//);
  expect(report).not.toMatch(/[\u0000\u202e]/);
  expect(report.match(/^#+ /gm)).toHaveLength(reportOf(viewAt('04:00')).match(/^#+ /gm)?.length ?? 0);
  const cells = (line: string) => line.split(/(?<!\\)\|/).length;
  for (const block of report.split('\n\n').filter((part) => part.startsWith('| ')))
    expect(new Set(block.split('\n').map(cells)).size).toBe(1);
});
