import {
  type Actor,
  type ApprovalCard,
  BOT,
  type DomainEvent,
  type IncidentEvent,
  type RunEvent,
} from '../../src/domain/events.ts';

export const at = (time: string) => `2026-11-21T${time.length === 5 ? `${time}:00` : time}.000Z`;
export const person = (id: string): Actor => ({ person: id, via: 'slack', account: `U-${id}` });

export const digest = 'c63b3e8a41'.padEnd(64, '0');

export const card: ApprovalCard = {
  title: 'Cut over to the restored database',
  impact: 'Sign-in and token refresh for everyone, for some seconds',
  steps: [{ number: 5, title: 'Stop everything that writes', lines: ['janua-api in janua: 4 → 0 replicas'] }],
  undo: ['Swap back, about 3 s'],
  loss: '118 rows written 02:00:04–02:04:56 UTC',
  rpoMs: 300_000,
  lossMs: 292_000,
  shown: [{ name: 'sessions', value: '37' }],
  proved: [{ state: 'done', text: 'backup complete, 38.2 MB' }],
  bound: [{ step: 'swap', text: 'database janua, oid 16384' }],
  readAt: at('02:18:50'),
};

/** One event of the story, with the second it was logged. */
export type Told = readonly [
  time: string,
  actor: Actor,
  type: 'incident' | 'run' | 'approval',
  id: string,
  event: DomainEvent,
];

export const INC = 'INC-2026-014';
export const RUN = 'RUN-31';
export const APR = 'APR-57';

export const step = (time: string, event: RunEvent): Told => [time, BOT, 'run', RUN, event];
export const started = (time: string, id: string, attempt = 1) =>
  step(time, { kind: 'step.started', step: id, attempt, params: {}, at: at(time) });
export const finished = (
  time: string,
  id: string,
  summary: string,
  more: Partial<Extract<RunEvent, { kind: 'step.finished' }>> = {},
) =>
  step(time, {
    kind: 'step.finished',
    step: id,
    attempt: 1,
    summary,
    output: {},
    facts: [],
    at: at(time),
    known: 'run',
    ...more,
  });
export const update = (
  time: string,
  number: number,
  due: string,
  next: string,
  status: 'identified' | 'monitoring',
  changed: string,
): Told => [
  time,
  person('chloe'),
  'incident',
  INC,
  {
    kind: 'incident.update-published',
    number,
    text: {
      status,
      impact: 'Sign-in fails for most customers.',
      changed,
      next: 'Watch, then resolve (Ana).',
      expectedBack: null,
    },
    dueAt: at(due),
    publishedAt: at(time),
    nextAt: at(next),
    automatic: false,
    missed: [],
  },
];

/** One more event of the incident, by Ana. */
export const said = (time: string, event: IncidentEvent): Told => [
  time,
  person('ana'),
  'incident',
  INC,
  event,
];

/** One more event of the run, by the bot. */
export const ran = (time: string, event: RunEvent): Told => [time, BOT, 'run', RUN, event];
