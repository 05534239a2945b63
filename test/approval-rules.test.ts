import { describe, expect, test } from 'vitest';
import { readInputs } from '../src/domain/inputs.ts';
import { People, peopleFaults } from '../src/domain/people.ts';
import { Plan } from '../src/domain/plan.ts';
import { planFaults } from '../src/domain/plan-lint.ts';
import { smallPlan } from './helpers/bot.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ';

describe('people.yml', () => {
  test.each([
    ['a tab before the comment', `${KEY}\tana`],
    ['a second line', `${KEY}\nvoter ${KEY}`],
  ])('a key with %s is refused, because it could be claimed twice', (_, key) => {
    const people = { ana: { name: 'Ana', sshKeys: [KEY] }, ben: { name: 'Ben', sshKeys: [key] } };

    expect(People.safeParse({ people }).success).toBe(false);
  });

  test('one key with two comments is one key', () => {
    const people = People.parse({
      people: {
        ana: { name: 'Ana', sshKeys: [`${KEY} ana@laptop`] },
        ben: { name: 'Ben', sshKeys: [`${KEY} ben@laptop`] },
      },
    });

    expect(peopleFaults(people)).toMatchObject([
      { path: ['people', 'ben', 'sshKeys', 0], message: `${KEY.slice(0, 40)} already belongs to ana` },
    ]);
  });
});

describe('a plan', () => {
  test('does not let an approval last for days', () => {
    const within = (text: string) =>
      Plan.safeParse(smallPlan({ approvals: { approvers: ['ana', 'ben'], approveWithin: text } })).success;

    expect([within('4h'), within('5h'), within('30d')]).toEqual([true, false, false]);
  });

  test('does not write what people type into SQL', () => {
    const sql = "select count(*) from users where name = '${inputs.name}'";
    const ask = { id: 'ask', title: 'Count them', uses: 'pg.query', with: { sql } };
    const recover = {
      title: 'Recover',
      component: 'app',
      inputs: { name: { label: 'Name', type: 'text' } },
      steps: [ask],
    };
    const actions = { 'pg.query': { class: 'read' as const, gives: () => [], paramFaults: () => [] } };

    const faults = planFaults(Plan.parse(smallPlan({ runbooks: { recover } })), actions, null, null);

    const errors = faults.filter(({ level }) => level === 'error');
    expect(errors.map(({ path }) => path.join('.'))).toEqual(['runbooks.recover.steps.0.with.sql']);
  });

  test('takes no reference for an input: what is approved is known before the votes', () => {
    const recover = { ...smallPlan().runbooks.recover, inputs: { run: { label: 'Run', type: 'text' } } };
    const runbook = Plan.parse(smallPlan({ runbooks: { recover } })).runbooks.recover;
    if (runbook === undefined) throw new Error('the runbook is there');

    expect(readInputs(runbook, { run: '${ask.evidence}' })).toMatchObject({ code: 'input-invalid' });
    expect(readInputs(runbook, { run: 'RUN-31 $ {x}' })).toEqual({ run: 'RUN-31 $ {x}' });
  });
});
