import { describe, expect, it } from 'vitest';
import { commands } from '../../../commands/index.ts';
import { Backup } from '../../../src/domain/plan-backup.ts';
import type { RunPreview } from '../../../src/domain/preview.ts';
import type { IncidentView } from '../../../src/domain/views.ts';
import { renderApproval } from '../../../src/render/text/approval.ts';
import { renderHelp } from '../../../src/render/text/help.ts';
import { row, wrap } from '../../../src/render/text/layout.ts';
import { renderList, renderSimilar } from '../../../src/render/text/list.ts';
import { renderPlan } from '../../../src/render/text/plan.ts';
import { renderPreview } from '../../../src/render/text/preview.ts';
import { renderRun } from '../../../src/render/text/run.ts';
import { renderStatus } from '../../../src/render/text/status.ts';
import { MOMENTS, storyAt } from '../../helpers/sample-day.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { at, plan, viewAt } from '../story.ts';

const preview: RunPreview = {
  runbook: 'restore-postgres',
  title: 'Restore PostgreSQL from a backup',
  steps: [
    {
      number: 1,
      id: 'find',
      title: 'Find the newest good backup',
      part: 'harmless',
      gate: null,
      lines: ['s3://janua-backups/postgres/daily/'],
      shown: [],
      expectedMs: 4_000,
    },
    {
      number: 2,
      id: 'swap',
      title: 'Swap the databases',
      part: 'gate',
      gate: 'cut-over',
      lines: ['janua becomes janua_before_run31'],
      shown: [],
      expectedMs: null,
    },
    {
      number: 3,
      id: 'soak',
      title: 'Watch for 15 minutes',
      part: 'after',
      gate: null,
      lines: [],
      shown: [],
      expectedMs: 900_000,
    },
  ],
  gates: [
    {
      gate: 'cut-over',
      title: 'Cut over',
      impact: 'Sign-in for some seconds',
      class: 'reversible',
      undo: ['swap back'],
    },
  ],
  approvers: ['Ana Duarte', 'Ben Okoye'],
  warnings: ['2 of 6 candidate backups are unusable'],
  blocked: [],
  recoveryPoint: at('02:00:04'),
  readAt: new Date(at('02:14:31')),
};

function everyText(view: IncidentView): readonly string[] {
  const [run] = view.runs;
  return [
    renderStatus(view, 'Europe/Athens'),
    renderList([view.incident, view.incident], view.now),
    renderSimilar([view.incident], view.now),
    renderPlan(view.plan, view.planVersion),
    renderPreview(view, preview),
    ...(run === undefined
      ? []
      : [renderRun(view, run.run.id), ...run.approvals.map(({ id }) => renderApproval(view, id))]),
  ];
}

describe('every text for a terminal', () => {
  const bad = `<!channel> *x* ${'long'.repeat(60)} \u202e\u001b[31m\u0000\nAPPROVED 🚨`;
  const hostile = { title: bad, impact: bad, note: bad, fact: bad };
  const empty = { title: '', impact: '', note: '', fact: '' };
  const stories = [
    ...MOMENTS.map((moment) => [`at ${moment}`, (texts: object) => storyAt(moment, { texts })] as const),
    ...Object.entries(LIVES).map(([life, tell]) => [life, (texts: object) => tell({ texts })] as const),
  ];

  it.each(stories)('%s fits 80 columns, without control characters, for any text', (_, tell) => {
    for (const texts of [{}, hostile, empty]) {
      for (const text of everyText(tell(texts).view('02:57:00'))) {
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
        expect(text).not.toMatch(/undefined|NaN|\[object/);
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      }
    }
  });

  it.each(stories)('%s says the same when it is rendered twice', (_, tell) => {
    expect(everyText(tell({}).view('02:57:00'))).toEqual(everyText(tell({}).view('02:57:00')));
  });

  it('uses no emoji of its own', () => {
    for (const text of everyText(viewAt('02:20')))
      expect(text).not.toMatch(/\p{Extended_Pictographic}|:[a-z_]+:/u);
  });
});

describe('dr plan, list, help and preview', () => {
  it('shows what the plan knows', () => {
    const backup = Backup.parse({
      id: 'pg-daily',
      component: 'postgres',
      kind: 'logical',
      locations: [
        {
          id: 'bucket',
          role: 'primary',
          failureDomain: 'eu',
          source: 's3',
          connection: 'janua-backups',
          prefix: 'daily/',
        },
      ],
      namePattern: 'x',
    });
    const text = renderPlan({ ...plan, backups: [backup] }, 'janua@4f2c1a9');

    expect(text).toMatch(
      /^Janua {2}PRODUCTION {2}janua@4f2c1a9\nRTO 4 h, RPO 1 h; the RTO clock starts when it is declared/,
    );
    expect(text).toContain('pg-daily: postgres, logical, in janua-backups/daily/');
    expect(text).toContain('postgres: PostgreSQL, RTO 1 h, RPO 5 min');
    expect(text.replace(/\s+/g, ' ')).toContain('9 steps, 1 approval, about 24 min (from the plan)');
  });

  it('lists incidents, or says how to open one', () => {
    expect(renderList([], new Date())).toBe('No open incidents. To open one: dr declare');
    expect(renderList([viewAt('02:20').incident], new Date(at('02:20')))).toBe(
      'INC-2026-014 SEV1 janua Investigating, declared 21 Nov 2026 02:12:04 UTC, 7 min\n  56 s ago\n  "Sign-in fails for most customers"',
    );
  });

  it('helps in the order of the registry, written for a terminal', () => {
    const text = renderHelp(commands, null);
    const topic = commands.find(({ name }) => name === 'run');

    expect(text).not.toMatch(/(?<!as )\/dr/);
    expect(text).toMatch(/^Start\n {2}dr declare/);
    for (const { name } of commands) expect(text).toMatch(new RegExp(`^ {2}dr ${name}\\b`, 'm'));
    expect(topic === undefined ? '' : renderHelp(commands, topic)).toMatch(
      /^dr run .*\n {2}Preview, then start\. [\s\S]*\nExamples\n {2}dr run/,
    );
    for (const line of commands
      .flatMap((command) => renderHelp(commands, command).split('\n'))
      .concat(text.split('\n')))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('previews a run: harmless, gates, afterwards, what is lost, who approves', () => {
    const text = renderPreview(viewAt('02:14'), preview);

    expect(text).toMatch(
      /Harmless, starts at once\n {2}1\. Find the newest good backup \(about 4 s, from the plan\)\n {5}s3:\/\//,
    );
    expect(text).toMatch(
      /Needs two approvals: Cut over\n {2}2\. Swap the databases\n {5}janua becomes .*\n {2}What stops working: Sign-in for some seconds\n {2}Can it be undone: swap back/,
    );
    expect(text).toContain('Recovery point\n  02:00 UTC; what was written later is lost');
    expect(text).toContain('[warn] 2 of 6 candidate backups are unusable');
  });

  it('says first why a run would stop, and what is not known', () => {
    const text = renderPreview(viewAt('02:14'), {
      ...preview,
      blocked: ['no good backup'],
      approvers: [],
      recoveryPoint: null,
    });

    expect(text).toMatch(/This run would stop before changing anything\n {2}\[fail\] no good backup/);
    expect(text).toContain('not known: no step has foretold one');
    expect(text).toContain('Who can approve now\n  nobody');
  });
});

describe('the layout', () => {
  it('cuts a word that is longer than a line, and keeps the indent', () => {
    expect(wrap(`a ${'x'.repeat(200)} b`, '  ')).toEqual(['  a', `  ${'x'.repeat(77)}…`, '  b']);
    expect(wrap('')).toEqual(['']);
  });

  it('keeps the mark on the first line of a long value', () => {
    const lines = row('Run', 'word '.repeat(20), 'running');

    expect(lines[0]).toMatch(/^ {2}Run {10}word .*\[run\]$/);
    expect(lines[1]).toMatch(/^ {15}word/);
  });
});

it('an aborted run shows what never ran as not done', () => {
  const text = renderRun(LIVES['aborted before the gate']({}).view('02:30:00'), 'RUN-31');

  expect(text).toMatch(/\[skip\] +14 +Soak 15 min +not done/);
  expect(text).not.toContain('[pend]');
});
