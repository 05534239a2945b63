import { describe, expect, test } from 'vitest';
import { renderAnnouncement } from '../../../src/render/slack/announcement.ts';
import type { Message } from '../../../src/render/slack/blocks.ts';
import { renderIncidentCard } from '../../../src/render/slack/incident-card.ts';
import { buttonsOf, textOf } from '../../helpers/block-kit.ts';
import { type Moment, storyAt } from '../../helpers/sample-day.ts';
import { begin, declare, finish, startRun, takeRoles } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { samplePlan } from '../../helpers/sample-plan.ts';
import { at, createStory } from '../../helpers/sample-story.ts';

const labels = (card: Message): readonly string[] =>
  buttonsOf(card.blocks).map(({ text, style }) =>
    style === undefined ? text.text : `${style}: ${text.text}`,
  );
/** As a person reads it: date tokens show their fallback. */
const read = (card: Message): string => textOf(card).replace(/<!date\^[^|]*\|([^>]*)>/g, '$1');
const cardAt = (moment: Moment, now: string): Message => renderIncidentCard(storyAt(moment).view(now));

describe('the next thing to do is green', () => {
  test.each<[string, Message, string]>([
    ['nobody is commander', cardAt('declared', '02:12:10'), 'Take command'],
    ['an update is overdue', cardAt('commanded', '02:43:00'), 'Post update'],
    ['nothing runs and the cause is open', cardAt('commanded', '02:13:00'), 'Run a runbook'],
    ['a run is active', cardAt('started', '02:15:00'), 'Post update'],
    ['service is back and nothing runs', watched(), 'Resolve'],
  ])('when %s', (_, card, label) => {
    expect(labels(card)[0]).toBe(`primary: ${label}`);
  });

  test('a second run is not offered while one is active', () => {
    expect(textOf(cardAt('started', '02:15:00'))).not.toContain('Run a runbook');
  });
});

function watched(): Message {
  const story = storyAt('monitoring');
  finish(story, 'soak', '02:27:30', '02:42:30');
  story.run({ kind: 'run.finished', outcome: 'done', cleaned: [], at: at('02:42:30') });
  return renderIncidentCard({
    ...story.view('02:43:00'),
    incident: {
      ...story.view('02:43:00').incident,
      updates: { ...story.view('02:43:00').incident.updates, nextAt: at('03:10:00') },
    },
  });
}

describe('the RTO clock', () => {
  test('shows the deadline first, then what is left', () => {
    expect(read(cardAt('declared', '02:16:57'))).toContain(
      'RTO 1 h: due 03:12 UTC (2026-11-21 03:12Z) · 55 min 7 s left · :white_check_mark: ok',
    );
  });

  test('compares what is left with the work that is left', () => {
    const story = storyAt('cut over');
    finish(story, 'health', '02:26:51', '02:27:00');
    begin(story, 'soak', '02:27:00');

    expect(read(renderIncidentCard(story.view('03:02:00')))).toContain('10 min 4 s left');
    expect(read(renderIncidentCard(story.view('02:28:00')))).toContain(
      'work left about 14 min plus approvals · :white_check_mark: ok',
    );
  });

  test('says whose objective it is once a run is about a component with its own', () => {
    expect(read(cardAt('asked', '02:20:00'))).toContain('RTO 1 h (PostgreSQL): due 03:12 UTC');
  });

  test('is at risk when the work is longer than the time', () => {
    const story = createStory();
    declare(story, { declaredAt: at('01:29:40') });
    takeRoles(story);
    startRun(story);

    const card = read(renderIncidentCard(story.view('02:14:40')));

    expect(card).toContain(
      '15 min left · work left at least about 18 min · :warning: at risk by at least about 3 min',
    );
  });

  test('is missed and still counts after the deadline', () => {
    expect(read(cardAt('declared', '03:16:04'))).toContain(
      'RTO 1 h: due 03:12 UTC · :x: missed by 4 min, still counting',
    );
  });

  test('becomes the measured time once the service is verified', () => {
    expect(read(cardAt('monitoring', '02:28:05'))).toContain(
      'RTA 15 min 26 s of 1 h · :white_check_mark: met (verified 02:27:30 UTC, counted from declared)',
    );
  });

  test('is not known while its start is missing, and says what is missing', () => {
    const story = createStory({ plan: samplePlan({ clock: 'detected' }) });
    declare(story, { detectedAt: null });

    expect(read(renderIncidentCard(story.view('02:13:00')))).toContain(
      'RTO 1 h: :grey_question: not known: the time it was detected is missing',
    );
  });
});

describe('the RPO clock', () => {
  test('is not known before a run has found a backup', () => {
    expect(read(cardAt('declared', '02:13:00'))).toContain(
      'RPO 5 min: :grey_question: not known: no recovery point has been recorded',
    );
  });

  test('foretells what the approval card says', () => {
    expect(read(cardAt('asked', '02:20:00'))).toContain(
      'RPO 5 min (PostgreSQL): a restore now loses 4 min 52 s · :white_check_mark: ok',
    );
  });

  test('looks back once it is restored, also where nobody has said when it began', () => {
    const view = storyAt('monitoring').view('02:28:05');
    const incident = { ...view.incident, occurredAt: null };

    expect(read(renderIncidentCard({ ...view, incident }))).toContain(
      'RPO 5 min (PostgreSQL): restored to 02:00 UTC (2026-11-21 02:00Z); RPA :grey_question: not known: the time it began is missing: `/dr edit began=…`',
    );
  });

  test('is the measured loss, with its evidence, in the end', () => {
    expect(read(cardAt('monitoring', '02:28:05'))).toContain(
      'RPA 4 min 52 s of 5 min · :white_check_mark: met (backup postgres_janua_20261121_020004.dump)',
    );
  });
});

describe('the update clock', () => {
  test('says when, and who gets the draft', () => {
    expect(read(cardAt('commanded', '02:13:00'))).toContain(
      'Next update: 02:42 UTC (2026-11-21 02:42Z), draft to Chloe at 02:37 UTC',
    );
  });

  test('says how late it is', () => {
    expect(read(cardAt('commanded', '02:47:04'))).toContain(
      'Next update: :warning: late by 5 min (due 02:42 UTC)',
    );
  });
});

test('what happens now names run, step and approval, with the way to them', () => {
  const story = storyAt('asked');

  const card = read(renderIncidentCard(story.view('02:20:00'), { 'APR-57': 'https://x.slack.com/p1' }));

  expect(card).toContain(
    ':hourglass_flowing_sand: waiting for approval: RUN-31 restore-postgres, Scale `janua-api` to 0',
  );
  expect(card).toContain(
    ':lock: approval: APR-57 has 0 of 2, until 02:33 UTC → <https://x.slack.com/p1|Open card>',
  );
});

test('a resolved incident shows its result and has nothing urgent to press', () => {
  const card = cardAt('resolved', '03:21:00');

  expect(read(card)).toContain(
    'Users affected 22 min 34 s (02:04:56–02:27:30 UTC)\nRTA 15 min 26 s of 1 h · :white_check_mark: met\nRPA 4 min 52 s of 5 min · :white_check_mark: met',
  );
  expect(read(card)).toContain('Updates: 2 of 2 on time');
  expect(read(card)).toContain('Report due 23 Nov 03:20 UTC, owner Ana');
  expect(read(card)).not.toContain('As of');
  expect(labels(card)).toEqual(['Report', 'Timeline', 'Add note']);
});

test('what is not known is never 0, empty or green', () => {
  const card = read(renderIncidentCard(LIVES['nothing is known']({}).view('02:13:00')));

  expect(card).toContain('Began: not known yet · detected: not known yet');
  expect(card).not.toContain('*Affected*');
});

test('the fallback stands alone', () => {
  expect(cardAt('started', '02:15:00').text).toBe(
    'INC-2026-014 Janua SEV1, investigating. RUN-31: running step 1 of 14. Next update 02:42 UTC.',
  );
});

describe('the announcement', () => {
  test('calls for a commander while there is none', () => {
    const card = renderAnnouncement(storyAt('declared').view('02:12:04'));

    expect(labels(card)).toEqual(['primary: Take command', 'Details']);
    expect(read(card)).toContain(
      ':rotating_light: *SEV1 · Janua* · reported by Ana:\n> Sign-in fails for most customers',
    );
    expect(card.text).toBe(
      'SEV1 Janua: "Sign-in fails for most customers". INC-2026-014, investigating. No commander yet.',
    );
  });

  test('names the commander once there is one', () => {
    const card = renderAnnouncement(storyAt('commanded').view('02:13:00'), {
      'INC-2026-014': 'https://x.slack.com/archives/C1',
    });

    expect(labels(card)).toEqual(['Open channel', 'Details']);
    expect(read(card)).toContain('Commander: Ana');
  });

  test('keeps the siren for SEV1 and SEV2', () => {
    expect(textOf(renderAnnouncement(LIVES['nothing is known']({}).view('02:13:00')))).not.toContain(
      ':rotating_light:',
    );
  });

  test('ends with the measured result', () => {
    const card = renderAnnouncement(storyAt('resolved').view('03:21:00'));

    expect(read(card)).toContain(':white_check_mark: *Resolved · SEV1 · Janua*');
    expect(read(card)).toContain('RTA 15 min 26 s of 1 h · :white_check_mark: met');
    expect(labels(card)).toEqual(['Report']);
  });
});
