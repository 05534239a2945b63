import { describe, expect, test } from 'vitest';
import { EFFECT, faultsOf, gate, LOOK } from './plan-faults.ts';

/** Faults of a plan whose one runbook has these entries, paths shortened to the part inside the runbook. */
function faultsOfSteps(...steps: readonly Record<string, unknown>[]): readonly string[] {
  const inputs = { recovery: { label: 'Recovery', type: 'text' } };
  const faults = faultsOf({ runbooks: { recover: { title: 'Recover', component: 'app', inputs, steps } } });
  return faults.map((fault) => fault.replace('runbooks.recover.steps.', ''));
}

describe('runbooks', () => {
  test('of no component are named', () => {
    expect(faultsOf({ runbooks: { recover: { title: 'Recover', component: 'ap', steps: [LOOK] } } })).toEqual(
      ['runbooks.recover.component: there is no component "ap"; did you mean "app"? Known: app'],
    );
  });

  test.each<[string, readonly Record<string, unknown>[], readonly string[]]>([
    [
      'an unknown action',
      [{ ...LOOK, uses: 'test.lok' }],
      [
        '0.uses: there is no action "test.lok"; did you mean "test.look"? Known: test.look, test.effect, test.drop',
      ],
    ],
    [
      'an action that only JavaScript knows',
      [{ ...LOOK, uses: 'constructor' }],
      ['0.uses: there is no action "constructor". Known: test.look, test.effect, test.drop'],
    ],
    [
      'an id with a meaning of its own',
      [{ ...LOOK, id: 'inputs' }],
      ['0.id: "inputs" has a meaning of its own; choose another id'],
    ],
    [
      'an id twice',
      [LOOK, gate('change', [{ ...EFFECT, id: 'look' }])],
      ['1.steps.0.id: "look" is used twice in this runbook'],
    ],
    [
      'an effect outside a gate',
      [EFFECT],
      ['0.uses: test.effect changes the system, so it must stand inside a gate that two people approve'],
    ],
    [
      'a raised class outside a gate',
      [{ ...LOOK, class: 'reversible' }],
      ['0.uses: test.look changes the system, so it must stand inside a gate that two people approve'],
    ],
    [
      'a lowered class',
      [gate('change', [{ ...EFFECT, class: 'read' }])],
      ['0.steps.0.class: test.effect is reversible; a plan may raise a class, never lower it'],
    ],
    [
      'a gate that changes nothing',
      [gate('change', [LOOK])],
      ['0.gate: no step of this gate changes anything: two people would approve nothing'],
    ],
    [
      'a gate id twice',
      [gate('change', [EFFECT]), gate('change', [{ ...EFFECT, id: 'swap' }])],
      ['1.gate: "change" is used twice in this runbook'],
    ],
    [
      'no condition',
      [{ ...LOOK, when: 'recovery is restore' }],
      ['0.when: expected a condition like "inputs.recovery == restore"'],
    ],
    ['a condition on an input', [{ ...LOOK, when: 'inputs.recovery == restore' }], []],
    [
      'a condition on an input that is misspelt',
      [{ ...LOOK, when: 'inputs.recovry == restore' }],
      ['0.when: there is no input "recovry"; did you mean "recovery"? Known: recovery'],
    ],
    [
      'a condition on a later step',
      [{ ...LOOK, when: 'stop.done' }, gate('change', [EFFECT])],
      ['0.when: ${stop.done} names no earlier step. Earlier steps: none'],
    ],
    [
      'references that lead somewhere',
      [
        LOOK,
        { ...LOOK, id: 'again', with: { a: '${look.key} ${inputs.recovery} ${vars.janua-url} ${run.id}' } },
      ],
      [],
    ],
    [
      'an input that is not there',
      [{ ...LOOK, with: { a: '${inputs.before}' } }],
      ['0.with: there is no input "before". Known: recovery'],
    ],
    [
      'a var that is not there',
      [{ ...LOOK, with: { a: '${vars.janua-ur}' } }],
      ['0.with: there is no var of connections.yml "janua-ur"; did you mean "janua-url"? Known: janua-url'],
    ],
    [
      'a step that is not there',
      [LOOK, { ...LOOK, id: 'again', with: { a: ['${find.key}'] } }],
      ['1.with: ${find.key} names no earlier step. Earlier steps: look'],
    ],
    [
      'what the action does not give, and something near',
      [LOOK, { ...LOOK, id: 'again', with: { a: ['${look.kee}'] } }],
      [
        '1.with: step "look" (test.look) gives no "kee"; did you mean "key"? It gives: key, url, summary, skipped',
      ],
    ],
    [
      'what the action does not give, and nothing near',
      [LOOK, { ...LOOK, id: 'again', with: { a: 'the ${look.database}' } }],
      ['1.with: step "look" (test.look) gives no "database". It gives: key, url, summary, skipped'],
    ],
    [
      'what only these parameters make the action give',
      [
        { ...LOOK, with: { read: 'writes' } },
        { ...LOOK, id: 'again', with: { a: '${look.writes}' } },
      ],
      [],
    ],
    ['what lies deeper', [LOOK, { ...LOOK, id: 'again', with: { a: '${look.key.any.thing}' } }], []],
    [
      'a condition on what the action does not give',
      [LOOK, { ...LOOK, id: 'again', when: 'look.kee == a' }],
      [
        '1.when: step "look" (test.look) gives no "kee"; did you mean "key"? It gives: key, url, summary, skipped',
      ],
    ],
    ['a condition on a step that may be skipped', [LOOK, { ...LOOK, id: 'again', when: 'look.skipped' }], []],
    [
      'a loss and a point that the action does not give',
      [LOOK, gate('change', [EFFECT], { loss: '${look.sum}', recoveryPoint: '${look.at}' })],
      [
        '1.loss: step "look" (test.look) gives no "sum"; did you mean "summary"? It gives: key, url, summary, skipped',
        '1.recoveryPoint: step "look" (test.look) gives no "at". It gives: key, url, summary, skipped',
      ],
    ],
    [
      'records of what the step itself does not give',
      [{ ...LOOK, records: { verified: '${look.at}' } }],
      ['0.records: step "look" (test.look) gives no "at". It gives: key, url, summary, skipped'],
    ],
    [
      'a step without what of it is meant',
      [LOOK, { ...LOOK, id: 'again', with: { a: '${look} and ${HOME} and ${home}' } }],
      [
        '1.with: ${look} does not say what of step "look" (test.look) is meant. It gives: key, url, summary, skipped',
      ],
    ],
    [
      'an output of an unknown action',
      [
        { ...LOOK, uses: 'test.lok' },
        { ...LOOK, id: 'again', with: { a: '${look.any}' } },
      ],
      [
        '0.uses: there is no action "test.lok"; did you mean "test.look"? Known: test.look, test.effect, test.drop',
      ],
    ],
    ['records of the step itself', [{ ...LOOK, records: { verified: '${look.url}' } }], []],
    [
      'records of nothing',
      [{ ...LOOK, records: { verified: '${find.url}' } }],
      ['0.records: ${find.url} names no earlier step. Earlier steps: look'],
    ],
    ['a loss that an earlier step told', [LOOK, gate('change', [EFFECT], { loss: '${look.summary}' })], []],
    [
      'a loss and a point that nobody told',
      [gate('change', [EFFECT], { loss: '${loss.summary}', recoveryPoint: '${find.at}' })],
      [
        '0.loss: ${loss.summary} names no earlier step. Earlier steps: none',
        '0.recoveryPoint: ${find.at} names no earlier step. Earlier steps: none',
      ],
    ],
    [
      'parameters that the action refuses',
      [{ ...LOOK, with: { wrong: 1 } }],
      ['0.with.wrong: no such parameter'],
    ],
  ])('%s', (_, steps, faults) => {
    expect(faultsOfSteps(...steps)).toEqual(faults);
  });

  test('without connections.yml a var is not judged', () => {
    const steps = [{ ...LOOK, with: { a: '${vars.any}' } }];

    expect(faultsOf({ runbooks: { recover: { title: 'Recover', component: 'app', steps } } }, null)).toEqual(
      [],
    );
  });
});
