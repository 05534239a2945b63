import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exportRunbook } from '../../src/render/plan-export.ts';
import { renderReport } from '../../src/render/report.ts';
import { renderApproval } from '../../src/render/text/approval.ts';
import { renderPlan } from '../../src/render/text/plan.ts';
import { renderRun } from '../../src/render/text/run.ts';
import { renderStatus } from '../../src/render/text/status.ts';
import { timelineLines } from '../../src/render/timeline.ts';
import { draftUpdate, renderUpdate } from '../../src/render/updates.ts';
import { plan, viewAt } from './story.ts';

const read = (name: string) => readFileSync(new URL(`../../templates/${name}`, import.meta.url), 'utf8');

/** Everything that is written without Slack, along the night. */
const texts = ['02:13', '02:15', '02:20', '02:25', '02:27', '02:36', '03:00', '04:00'].flatMap((now) => {
  const view = viewAt(now);
  const draft = draftUpdate(view);
  const status = read(`status/${draft.status}.md`);
  const approval = view.runs[0]?.approvals[0];
  const all: readonly (readonly [string, string])[] = [
    ['report', renderReport(view, read('report/post-incident.md'))],
    ['public update', renderUpdate(draft, view, status)],
    ['status', renderStatus(view)],
    ['plan', renderPlan(plan, 'janua@4f2c1a9')],
    ['runbook', exportRunbook(plan, 'restore-postgres', () => [])],
    [
      'timeline',
      timelineLines(view.events, view)
        .map(({ text }) => text)
        .join('\n'),
    ],
    ...(view.runs.length === 0 ? [] : [['run', renderRun(view, 'RUN-31')] as const]),
    ...(approval === undefined ? [] : [['approval', renderApproval(view, approval.id)] as const]),
  ];
  return all.map(([name, text]) => [`${name} at ${now}`, name, text] as const);
});

describe('the words of every text', () => {
  it.each(texts)('%s', (_, name, text) => {
    const ours =
      name === 'public update'
        ? text.replace(/^.*patience.*$/m, '')
        : text.replaceAll('Thank you for your patience.', '');

    expect(ours).not.toMatch(/\b(oops|successfully|please|simply|just|sorry)\b/i);
    expect(ours.replace(/"[^"]*"|^>.*$/gm, '')).not.toMatch(/!(?!=)/);
    expect(ours).not.toMatch(/undefined|NaN|\[object/);
    expect(ours).not.toMatch(/\p{Extended_Pictographic}/u);
    if (name !== 'public update') expect(ours).not.toMatch(/\b(we|our)\b/i);
  });
});
