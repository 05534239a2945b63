import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failed } from '../domain/samples.ts';
import { type Desk, startDesk } from './desk.ts';

let desk: Desk;
let here: string;

beforeAll(async () => {
  desk = await startDesk();
  ({ incident: here } = await desk.runAfter(failed('look')));
});

afterAll(() => desk.stop());

const CLOSING = 'cause="A migration deleted rows" began=2020-01-01T02:04Z detected=2020-01-01T02:09Z';

describe.each([
  ['somebody who is no responder', 'dan', ''],
  ['somebody outside people.yml', 'stranger', 'You are not in people.yml. '],
] as const)('%s', (_, who, hint) => {
  test.each([
    ['/dr severity SEV2', 'Changing severity'],
    ['/dr role scribe @ben', 'Taking a role'],
    ['/dr edit title="Sign-in fails"', 'Editing an incident'],
    ['/dr run recover --yes', 'Starting a runbook'],
    ['/dr step retry', 'Retrying a step'],
    ['/dr step skip look counted by hand', 'Skipping a step'],
    ['/dr step done look by hand', 'Answering a step'],
    ['/dr step choose restore', 'Answering a step'],
    ['/dr step happened look it is there', 'Judging a step'],
    ['/dr abort wrong backup', 'Aborting a run'],
    ['/dr update It runs', 'Posting an update'],
    [`/dr resolve ${CLOSING}`, 'Resolving an incident'],
    ['/dr cancel a false alarm', 'Cancelling an incident'],
    ['/dr report lesson Dry runs', 'Adding a lesson'],
    ['/dr report action Dry runs owner=ben due=2026-12-01', 'Adding an action item'],
  ])('may not: %s', async (line, what) => {
    expect(await desk.outcome(line, { who, here })).toEqual({
      said: `${what} is for responders. Nothing was changed. ${hint}Ask the commander or another of them.`,
      events: [],
    });
  });

  test.each([
    ...['/dr status', '/dr list', '/dr note seen', '/dr plan', '/dr report', '/dr help', '/dr audit verify'],
    ...['/dr run recover', '/dr run show', '/dr declare demo It is slow --new'],
  ])('may: %s', async (line) => {
    expect((await desk.type(line, { who, here })).answer.kind).toBe('reply');
  });
});
