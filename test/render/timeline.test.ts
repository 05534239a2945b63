import { describe, expect, it } from 'vitest';
import { BOT, type LoggedEvent } from '../../src/domain/events.ts';
import { markdownInk, plainInk, slackInk } from '../../src/render/escape.ts';
import { eventSentence, type StoryEvent, timelineLines } from '../../src/render/timeline.ts';
import { at, digest, person, plan, viewAt } from './story.ts';
import { CASES } from './timeline-cases.ts';

const view = viewAt('04:00');

const streamOf = (kind: string): LoggedEvent['stream'] => {
  const type = kind.startsWith('incident.') ? 'incident' : kind.startsWith('approval.') ? 'approval' : 'run';
  return { type, id: { incident: 'INC-2026-014', run: 'RUN-31', approval: 'APR-57' }[type] };
};

const say = (event: StoryEvent, actor = person('ana'), ink = plainInk) =>
  eventSentence({ actor, stream: streamOf(event.kind), event }, view, ink);

const eventOf = (kind: StoryEvent['kind'], body = CASES[kind][0]) => ({ kind, ...body }) as StoryEvent;
const kinds = Object.keys(CASES) as StoryEvent['kind'][];

describe('every event is one plain sentence', () => {
  it.each(kinds)('%s', (kind) => {
    expect(say(eventOf(kind))).toBe(CASES[kind][1]);
  });

  it.each(kinds)('%s keeps hostile words inert in every ink', (kind) => {
    const hostile = JSON.parse(JSON.stringify(CASES[kind][0]), (key, value) =>
      typeof value === 'string' &&
      !/At$|^(at|until|from|to|status|severity|class|kind|via|role|outcome|mode|known|step|gate|openBy|approveBy|digest)$/.test(
        key,
      )
        ? `${value}\n<!channel> *x* |y| [z](u)\u202e\u001b[0m`
        : value,
    );

    const [plain, slack, markdown] = [plainInk, slackInk, markdownInk].map((ink) =>
      say(eventOf(kind, hostile), person('ana'), ink),
    );

    for (const text of [plain, slack, markdown]) expect(text).not.toMatch(/[\n\u001b\u202e]/);
    expect(slack?.replace(/`[^`]*`/g, '')).not.toMatch(/<|\*/);
    expect(markdown?.replace(/`[^`]*`/g, '')).not.toMatch(/(?<!\\)[[<|*]/);
  });
});

describe('other forms of a sentence', () => {
  it.each<[StoryEvent, string]>([
    [
      { kind: 'incident.role-assigned', role: 'commander', person: 'ana', previous: null },
      'Ana took the role of commander.',
    ],
    [
      { kind: 'incident.role-assigned', role: 'scribe', person: null, previous: 'ben' },
      'Ana left the role of scribe empty after Ben.',
    ],
    [
      { kind: 'incident.loss-measured', rows: 118, text: '118 rows in 2 tables', run: 'RUN-31' },
      'RUN-31 measured the data loss: 118 rows in 2 tables.',
    ],
    [
      { kind: 'incident.loss-measured', rows: 0, text: 'nothing newer', run: 'RUN-31' },
      'RUN-31 measured the data loss: 0 rows, nothing newer.',
    ],
    [{ kind: 'incident.edited', changes: {} }, 'Ana corrected nothing.'],
    [
      { kind: 'step.retried', step: 'swap', look: true },
      'Ana asked the bot to look again at step 6 Swap the databases.',
    ],
    [
      { kind: 'step.skipped', step: 'keys', reason: 'no key', byPerson: true, at: at('02:14') },
      'Step 4 Confirm the encryption key: skipped by Ana: "no key".',
    ],
    [{ kind: 'gate.closed', gate: 'gone', outcome: 'done', at: at('02:14') }, 'RUN-31 finished "gone".'],
    [
      { kind: 'step.undone', step: 'gone', summary: 'x', facts: [], at: at('02:14') },
      'Step gone: undone: x.',
    ],
    [
      { kind: 'approval.reminded', people: [], escalated: false, nextAt: at('02:28') },
      'APR-57: nobody was reminded.',
    ],
    [
      {
        kind: 'approval.vote-cast',
        person: 'ana',
        proof: { via: 'slack', account: 'U1', signature: null },
        digest,
        at: at('02:26'),
      },
      'Ana approved APR-57 in Slack, fingerprint RRXK-X2J1.',
    ],
    [
      { kind: 'incident.action-item-added', text: 'x', owner: 'zoe', due: 'soon | <b>' },
      'Ana added an action item for zoe, due "soon  b": "x".',
    ],
    [
      {
        kind: 'step.asked',
        step: 'keys',
        attempt: 1,
        question: {
          kind: 'decision',
          question: 'Which?',
          options: [
            { value: 'a', label: 'A' },
            { value: 'b', label: 'B' },
          ],
        },
        at: at('02:14'),
      },
      'Step 4 Confirm the encryption key: asks "Which?" (A or B).',
    ],
  ])('%o', (event, sentence) => {
    expect(say(event)).toBe(sentence);
  });

  it.each([
    ['answered', 1, 'answered by Ana'],
    ['ruled', 1, 'done, as people who looked say'],
    ['observed', 2, 'done, seen by looking afterwards, attempt 2'],
    ['run', 3, 'done, attempt 3'],
  ] as const)('a step known by %s, attempt %i, is "%s"', (known, attempt, words) => {
    expect(
      say({
        kind: 'step.finished',
        step: 'find',
        attempt,
        summary: 's',
        output: {},
        facts: [],
        at: at('02:14'),
        known,
      }),
    ).toBe(`Step 1 Find the newest good backup: ${words}: s.`);
  });

  it('says when one update stands for several', () => {
    const event: StoryEvent = {
      ...eventOf('incident.update-published'),
      missed: [at('03:12')],
      automatic: true,
    } as StoryEvent;

    expect(say(event, BOT)).toBe(
      'The bot posted update 3, Monitoring (due 02:58 UTC; it also stands for 1 missed update): "It works."',
    );
  });

  it('names a stranger by the account, and nobody at all', () => {
    const event: StoryEvent = { kind: 'incident.note-added', text: 'x' };

    expect(say(event, { person: null, via: 'slack', account: 'U9' })).toBe(
      'Someone not in people.yml (U9) noted: "x".',
    );
    expect(say(event, { person: null, via: 'cli', account: null })).toBe('Someone unknown noted: "x".');
  });

  it('calls two people with one first name by their whole names', () => {
    const people = {
      people: { ...view.people.people, ana2: { name: 'Ana Pires', slack: [], sshKeys: [], responder: true } },
    };
    const logged = {
      actor: person('ana'),
      stream: streamOf('incident.note-added'),
      event: { kind: 'incident.note-added', text: 'x' } as const,
    };

    expect(eventSentence(logged, { ...view, people, plan })).toBe('Ana Duarte noted: "x".');
  });
});

describe('the timeline', () => {
  it('leaves out what repeats another line, and keeps everything on request', () => {
    const short = timelineLines(view.events, view);
    const all = timelineLines(view.events, view, plainInk, { all: true });

    expect(all).toHaveLength(view.events.length);
    expect(short.length).toBeLessThan(all.length);
    expect(short.map(({ text }) => text).join('\n')).not.toContain('attempt 1 started');
    expect(short[0]).toEqual({
      seq: 101,
      at: new Date(at('02:12:04')),
      time: '02:12:04',
      text: 'Ana declared INC-2026-014 for Janua, SEV1: "Sign-in fails for most customers".',
    });
  });
});
