import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/domain/canonical.ts';
import { renderApprovalCard } from '../../../src/render/slack/approval-card.ts';
import { parseValue } from '../../../src/render/slack/ids.ts';
import { renderReview, renderVeto } from '../../../src/render/slack/modals-approval.ts';
import { buttonsOf, textOf } from '../../helpers/block-kit.ts';
import { approvalCard, askApproval } from '../../helpers/sample-approval.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { APPROVAL, DIGEST, type Story } from '../../helpers/sample-story.ts';

const NOW = '02:22:00';
const card = (story: Story, id = APPROVAL) => renderApprovalCard(story.view(NOW), id);
const read = (story: Story, id = APPROVAL): string => textOf(card(story, id)).replace(/ <!date[^>]*>/g, '');
const labels = (story: Story): readonly string[] =>
  buttonsOf(card(story).blocks).map(({ text, style }) =>
    style === undefined ? text.text : `${style}: ${text.text}`,
  );

describe('an open card', () => {
  const story = storyAt('asked');

  test('says in this order what happens, what stops, what is lost, whether it can be undone and what is proved', () => {
    const text = read(story);

    const order = [
      '*What happens*',
      '*What stops working*',
      '*Data lost*',
      '*Can it be undone*',
      '*Proved so far*',
      '*Approved by*',
    ].map((words) => text.indexOf(words));

    expect(order.every((index) => index > 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
  });

  test('carries the full digest on its buttons and the fingerprint in its words', () => {
    const [review, veto] = buttonsOf(card(story).blocks);

    expect([review, veto].map((button) => parseValue(button?.value ?? ''))).toEqual([
      { approval: APPROVAL, digest: DIGEST },
      { approval: APPROVAL, digest: DIGEST },
    ]);
    expect(read(story)).toContain(`fingerprint *${fingerprintOf(DIGEST)}*`);
    expect(review?.accessibility_label).toBe(
      `Review and approve APR-57, Janua, fingerprint ${fingerprintOf(DIGEST)}`,
    );
  });

  test('names who asked, whether that person counts, and who may approve', () => {
    expect(read(story)).toContain(
      'Asked by Ana at 02:18 UTC · reversible · *0 of 2 approved* · Ana may be one of the two',
    );
    expect(read(story)).toContain(
      '*Approved by*  nobody yet\n*Waiting for two of*  Ana, Ben and Mina\nApprove by 02:33 UTC.',
    );
  });

  test('after the first vote waits for one of the others', () => {
    expect(read(LIVES['half approved']({}))).toContain(
      '*Approved by*  Ana 02:20:10\n*Waiting for one of*  Ben and Mina',
    );
  });

  test('compares the loss with the objective', () => {
    expect(read(story)).toContain('RPO 5 min: met.');
    expect(read(LIVES['loss above the objective']({}))).toContain(
      ':warning: warning: more than the RPO, 3 h 10 min of 5 min allowed.',
    );
    expect(read(LIVES.irreversible({}))).toContain('RPO 5 min: :grey_question: not known whether it is met.');
  });

  test('has one green button, a plain veto and details', () => {
    expect(labels(story)).toEqual(['primary: Review and approve', 'Veto', 'Details']);
  });
});

describe('a card for what cannot be undone', () => {
  const story = LIVES.irreversible({});

  test('says so first, and leaves the requester out', () => {
    const text = read(story);

    expect(text).toContain('CANNOT BE UNDONE · Janua · PRODUCTION');
    expect(text).toContain('*irreversible* · *0 of 2 approved* · Ana asked, so Ana cannot approve');
    expect(text).toContain('*Waiting for two of*  Ben and Mina');
    expect(text).toContain('*Can it be undone*\nNo.');
  });

  test('makes approving red', () => {
    expect(labels(story)).toEqual(['danger: Review and approve', 'Veto', 'Details']);
  });
});

describe('a card after its life', () => {
  test.each<[string, Story, string]>([
    [
      'approved',
      LIVES.approved({}),
      ':white_check_mark: *approved by Ana 02:20:10 and Ben 02:26:41* · last checks, it must start by 02:36:41 UTC',
    ],
    [
      'running',
      LIVES['gate running']({}),
      ':white_check_mark: *approved by Ana 02:20:10 and Ben 02:26:41* · :arrow_forward: running since 02:26:42',
    ],
    [
      'done',
      storyAt('cut over'),
      ':white_check_mark: *done and verified* · approved by Ana 02:20:10 and Ben 02:26:41',
    ],
    [
      'undone',
      LIVES.undone({ texts: { fact: 'x' } }),
      ':heavy_minus_sign: *undone*: Swap databases failed: x · approved by Ana 02:20:10 and Ben 02:26:41',
    ],
    [
      'expired',
      LIVES['expired and asked again']({}),
      ':heavy_minus_sign: *expired 02:33 UTC* with 1 of 2. Nothing was done.\nA new card APR-58 is below.',
    ],
    [
      'not started in time',
      LIVES['approved but not started in time']({}),
      ':heavy_minus_sign: *expired*: approved, but it could not start in time, 02:36:41. The approval is spent. Nothing was done.',
    ],
    [
      'void by drift',
      LIVES['void by drift']({ texts: { fact: 'x' } }),
      ':warning: *warning: facts changed after approval, so it no longer counts.* Nothing was done.\n• stop.replicas: 4 → 6\n• x\nThe bot reads the facts again and asks anew.',
    ],
    [
      'vetoed',
      LIVES.vetoed({ texts: { note: 'Wrong point' } }),
      ':octagonal_sign: *vetoed by Mina*, 02:21:40. Nothing was done. Why:\n> Wrong point',
    ],
  ])('is %s: its first line says so and nothing can be pressed', (_, story, words) => {
    expect(read(story)).toContain(words);
    expect(labels(story)).toEqual(['Details']);
  });

  test('leads to the card that replaced it', () => {
    const shown = renderApprovalCard(LIVES['expired and asked again']({}).view(NOW), APPROVAL, {
      'APR-58': 'https://x.slack.com/p2',
    });

    expect(textOf(shown)).toContain('A new card APR-58 is below. <https://x.slack.com/p2|Open card>');
  });
});

describe('the dialog', () => {
  const review = (story: Story, reader: string | null = 'mina') =>
    renderReview(story.view(NOW), APPROVAL, reader);

  test('tells the first that another must follow, and the second that it starts', () => {
    expect(textOf(review(storyAt('asked')))).toContain(
      'You are the *first* of 2. One more person must approve after you.',
    );
    expect(textOf(review(LIVES['half approved']({})))).toContain(
      'You are the *second* of 2. *After you approve, RUN-31 steps 9–12 start at once.*',
    );
  });

  test('tells somebody who may not approve, and somebody who has, that a press counts for nothing', () => {
    const half = LIVES['half approved']({});
    const [vote] = half.view(NOW).runs[0]?.approvals[0]?.votes ?? [];

    for (const reader of ['dan', null])
      expect(textOf(review(half, reader))).toContain('You are *none of those who may approve this*.');
    expect(textOf(review(half, vote?.person ?? ''))).toContain(
      'You *have approved* this. It counts once; one other person must approve.',
    );
  });

  test('says when its facts were read, and claims nothing of what may have moved since', () => {
    const shown = textOf(review(storyAt('asked')));

    expect(shown).toMatch(
      /All of this was read at \d\d:\d\d:\d\d UTC for the card, [\w ]+ ago, and not since\./,
    );
    expect(shown).not.toContain('nothing has changed');
  });

  test('carries the digest that is shown', () => {
    expect(parseValue(review(storyAt('asked')).private_metadata)).toEqual({
      approval: APPROVAL,
      digest: DIGEST,
    });
  });

  test('asks for the exact name where nothing can be undone', () => {
    const shown = review(LIVES.irreversible({}));

    expect(shown.submit?.text).toBe('Approve, no undo');
    expect(shown.blocks.find((block) => block.type === 'input')).toMatchObject({
      block_id: 'name',
      label: { text: 'Type the name janua-db-2 to approve' },
    });
  });

  test('of a card that is over has nothing to submit', () => {
    expect(review(LIVES.vetoed({}))).not.toHaveProperty('submit');
  });

  test('to veto asks for a reason and nothing else', () => {
    const [shown] = storyAt('asked').view(NOW).runs[0]?.approvals ?? [];

    const view = shown === undefined ? null : renderVeto(shown);

    expect(view?.blocks.filter((block) => block.type === 'input').map((block) => block.block_id)).toEqual([
      'reason',
    ]);
    expect(view?.submit?.text).toBe('Veto');
  });
});

test('the dialog leaves nothing out, however long the gate is', () => {
  const story = storyAt('checked');
  const steps = Array.from({ length: 40 }, (_, index) => ({
    number: index + 9,
    title: 'Step',
    lines: [`line ${index}a of the plan ${'x'.repeat(100)}`, `line ${index}b`],
  }));
  const bound = steps.map(({ number }) => ({
    step: `s${number}`,
    text: `bound ${number} ${'y'.repeat(100)}`,
  }));
  askApproval(story, { card: approvalCard(story, { steps, bound }) });

  const shown = textOf(renderReview(story.view(NOW), APPROVAL, 'mina'));

  expect(steps.filter((_, index) => !shown.includes(`line ${index}b`))).toEqual([]);
  expect(bound.filter(({ step }) => !shown.includes(`${step}: bound`))).toEqual([]);
  expect(read(story)).toContain('… (rest in Details)');
});
