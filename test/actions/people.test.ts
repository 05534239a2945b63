import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxAws, startAws } from '../../sandbox/aws.ts';
import { Params as DecisionParams, decision } from '../../src/actions/decision.ts';
import { Params as ManualParams, manual } from '../../src/actions/manual.ts';
import { notify } from '../../src/actions/notify.ts';
import { Params as SnsParams, snsPublish } from '../../src/actions/sns-publish.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { contextFor } from './context.ts';

let aws: SandboxAws;
beforeAll(async () => {
  aws = await startAws();
  process.env.TEST_SNS_KEY = 'sandbox';
});
afterAll(() => aws.stop());

const choice = (answer?: string) =>
  DecisionParams.parse({
    question: 'Repair or restore?',
    options: [
      { value: 'repair', label: 'Repair in place' },
      { value: 'restore', label: 'Restore from a backup' },
    ],
    ...(answer === undefined ? {} : { answer }),
  });

test('a decision without an answer asks, with one it is done, and a wrong one is never guessed at', async () => {
  const context = contextFor('decide');

  for (const open of [undefined, '', '  ', '${inputs.recovery}']) {
    const outcome = await decision.run(context, choice(open));
    expect(outcome).toMatchObject({
      kind: 'ask',
      question: { kind: 'decision', question: 'Repair or restore?' },
    });
  }
  expect(await decision.run(context, choice('restore'))).toMatchObject({
    kind: 'done',
    summary: 'Restore from a backup',
    output: { choice: 'restore' },
  });
  expect(await decision.preview(context, choice('restore'))).toMatchObject({ output: { choice: 'restore' } });
  await expect(decision.run(context, choice('Restore'))).rejects.toThrow(
    '"Restore" is not one of the options: repair, restore.',
  );
});

test('two options with one value are refused when the plan is read', () => {
  const options = [
    { value: 'a', label: 'A' },
    { value: 'a', label: 'B' },
  ];

  expect(() => DecisionParams.parse({ question: 'Which?', options })).toThrow(
    'two options have the same value',
  );
});

test('the options may come from an earlier step: before that step the card says from which', async () => {
  const open = DecisionParams.parse({ question: 'Which version?', options: '${inspect.revisions}' });
  const context = contextFor('choose');

  expect(await decision.preview(context, open)).toMatchObject({
    lines: ['Ask: Which version?', '• what step `inspect` finds'],
  });
  await expect(decision.run(context, open)).rejects.toThrow('No finished step gave ${inspect.revisions}.');
  expect(decision.byHand?.(open, context.plan)).toEqual(['# decide: Which version?']);
});

test('one option is no decision, and neither is a text that refers to nothing', () => {
  const options = [{ value: '7', label: '7 · current' }];

  expect(() => DecisionParams.parse({ question: 'Which?', options })).toThrow(
    'there are not two options to choose from',
  );
  expect(() => DecisionParams.parse({ question: 'Which?', options: 'revisions' })).toThrow(
    'a reference like',
  );
});

test('an option may end the run: the card says so, and chosen beforehand it stops the step', async () => {
  const params = (answer?: string) =>
    DecisionParams.parse({
      question: 'Is the primary lost?',
      options: [
        { value: 'lost', label: 'It is lost' },
        { value: 'wait', label: 'It may come back', ends: true },
      ],
      answer,
    });
  const context = contextFor('lost');

  expect(await decision.preview(context, params())).toMatchObject({
    lines: ['Ask: Is the primary lost?', '• It is lost', '• It may come back (ends the run)'],
  });
  expect(await decision.run(context, params())).toMatchObject({
    question: { options: [{ value: 'lost' }, { value: 'wait', ends: true }] },
  });
  await expect(decision.run(context, params('wait'))).rejects.toMatchObject({ code: 'step-aborted' });
});

test('a manual step always asks its person for evidence', async () => {
  const params = ManualParams.parse({
    instruction: 'Switch DATABASE_URL to the new server',
    assignee: 'ana',
  });

  const outcome = await manual.run(contextFor('switch'), params);

  expect(outcome).toEqual({
    kind: 'ask',
    question: {
      kind: 'manual',
      instruction: 'Switch DATABASE_URL to the new server',
      assignee: 'ana',
      evidence: 'text',
    },
  });
});

test('a message for the channel is left for the log to post', async () => {
  const outcome = await notify.run(contextFor('tell'), {
    message: 'Sessions are lost; people sign in again.',
  });

  expect(outcome).toMatchObject({
    kind: 'done',
    output: { post: 'Sessions are lost; people sign in again.' },
  });
});

test('a notice goes to the topic of the connection', async () => {
  const keys = { accessKeyId: 'env:TEST_SNS_KEY', secretAccessKey: 'env:TEST_SNS_KEY' };
  const sns = { 'janua-dr': { topicArn: aws.topicArn, region: aws.region, endpoint: aws.endpoint, ...keys } };
  const context = contextFor('tell', { clients: createClients(Connections.parse({ sns })) });
  const params = SnsParams.parse({ connection: 'janua-dr', subject: 'Janua restored', message: 'RUN-31' });

  const preview = await snsPublish.preview(context, params);
  const outcome = await snsPublish.run(context, params);

  expect(preview.lines).toEqual(['Send "Janua restored" to the SNS topic `janua-dr`']);
  expect(preview.bound).toEqual({ topic: aws.topicArn });
  expect(await aws.takePublished()).toMatchObject([{ Subject: 'Janua restored', Message: 'RUN-31' }]);
  expect(outcome).toMatchObject({ kind: 'done', output: { messageId: expect.stringMatching(/.+/) } });
});
