import type { RunEvent } from '../../src/domain/events.ts';
import { stepsOf } from '../../src/domain/plan.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { applyRun, gateState, openGateOf, type Run, stepState } from '../../src/domain/run.ts';
import {
  decideAbort,
  decideAnswer,
  decideRetry,
  decideRuling,
  decideSkip,
  type RunDecision,
} from '../../src/domain/run-decide.ts';
import { type ApprovalStanding, type Next, nextOf } from '../../src/domain/run-next.ts';
import { DIGEST, MINUTE, NOW, plan, runbookOf, started } from './samples.ts';

/** Two gates, a step that a condition leaves out, and one after each gate. */
export const RUNBOOK = runbookOf(
  plan({
    runbooks: {
      recover: {
        title: 'Recover the app',
        component: 'app',
        steps: [
          { id: 'find', title: 'Find it', uses: 'test.look' },
          { id: 'roles', title: 'Fetch the roles', uses: 'test.look', when: 'find.roles' },
          gate('cut-over', 'stop', 'swap', 'start'),
          { id: 'check', title: 'Check it', uses: 'test.look' },
          gate('clean-up', 'drop'),
          { id: 'tell', title: 'Tell the team', uses: 'test.look' },
        ],
      },
    },
  }),
);

function gate(id: string, ...steps: readonly string[]) {
  return {
    gate: id,
    title: `Gate ${id}`,
    impact: 'Nobody can sign in',
    steps: steps.map((step) => ({ id: step, title: `Do ${step}`, uses: 'test.effect' })),
  };
}

export type Choose = <Option extends string>(...options: readonly [Option, ...Option[]]) => Option;

/**
 * A worker and people around one run, who do what `choose` says, until the run is over. The first option of each choice
 * is the one that goes well. `look` sees every decision of `nextOf` with the state it was made from.
 */
export function simulate(choose: Choose, look: (run: Run, next: Next) => void, limit: number): Run {
  let run = applyRun(null, started(), 'RUN-1');
  let standing: ApprovalStanding = 'none';
  let now = NOW;
  let approvals = 0;
  const record = (...events: readonly RunEvent[]) => {
    for (const event of events) run = applyRun(run, event, 'RUN-1');
  };
  const decided = (decision: RunDecision) => {
    if (!isRefusal(decision)) record(...decision.events);
  };
  const at = () => now.toISOString();

  /** As services read it: of the approval that the next gate asked for, and none while a gate is open. */
  const standingNow = () => {
    const asked = Object.values(run.gates).some((state) => state.closed === null && state.approval !== null);
    return openGateOf(run) === null && asked ? standing : 'none';
  };

  for (let turn = 0; run.outcome === null; turn++) {
    if (turn > limit) throw new Error(`not over after ${limit} turns: ${JSON.stringify(run)}`);
    if (choose('go on', 'go on', 'go on', 'go on', 'go on', 'go on', 'abort') === 'abort')
      decided(decideAbort(run, 'ben', 'wrong backup', now));
    const next = nextOf(run, RUNBOOK, standingNow(), now, { find: { roles: null } });
    look(run, next);
    switch (next.do) {
      case 'execute':
        execute(next.placed.step.id);
        break;
      case 'skip':
        record({
          kind: 'step.skipped',
          step: next.placed.step.id,
          reason: next.reason,
          byPerson: false,
          at: at(),
        });
        break;
      case 'ask':
        if (choose('asked', 'blocked') === 'blocked')
          record({ kind: 'gate.blocked', gate: next.gate.gate, reasons: ['a lock'], at: at() });
        else {
          standing = 'open';
          record({
            kind: 'gate.asked',
            gate: next.gate.gate,
            approval: `APR-${++approvals}`,
            digest: DIGEST,
          });
        }
        break;
      case 'open':
        if (choose('opened', 'voided') === 'voided') standing = 'over';
        else {
          standing = 'over';
          record({
            kind: 'gate.opened',
            gate: next.gate.gate,
            approval: next.approval,
            digest: DIGEST,
            at: at(),
          });
        }
        break;
      case 'close':
        record({ kind: 'gate.closed', gate: next.gate.gate, outcome: next.outcome, at: at() });
        break;
      case 'start-undo':
        record({ kind: 'undo.started', gate: next.gate.gate, reason: next.reason, at: at() });
        break;
      case 'undo':
        record(undone(next.placed.step.id));
        break;
      case 'wait':
        now = next.until;
        break;
      case 'rest':
        act(next.why);
        break;
      case 'finish':
        record({ kind: 'run.finished', outcome: next.outcome, cleaned: [], at: at() });
        break;
      case 'stop':
        throw new Error('a run that is not over was stopped');
    }
  }
  return run;

  function execute(step: string): void {
    const attempt = stepState(run, step).attempts + 1;
    record({ kind: 'step.started', step, attempt, params: {}, at: at() });
    record(...endOf(step, attempt));
  }

  /** Nothing at all where the worker died. */
  function endOf(step: string, attempt: number): readonly RunEvent[] {
    const until = new Date(now.getTime() + MINUTE).toISOString();
    const common = { step, attempt, at: at() };
    switch (choose('done', 'died', 'failed', 'uncertain', 'waiting', 'postponed', 'asked')) {
      case 'done':
        return [{ kind: 'step.finished', ...common, summary: 'done', output: {}, facts: [], known: 'run' }];
      case 'died':
        return [];
      case 'failed':
        return [{ kind: 'step.failed', ...common, code: 'check-failed', reason: 'broke', details: [] }];
      case 'uncertain':
        return [{ kind: 'step.uncertain', ...common, seen: [], howToTell: null }];
      case 'waiting':
        return [{ kind: 'step.waiting', step, attempt, note: '', until, memory: null }];
      case 'postponed':
        return [{ kind: 'step.postponed', step, attempt, reason: 'away', tries: 1, until }];
      case 'asked': {
        const question = { kind: 'manual', instruction: 'Look', assignee: null, evidence: 'none' } as const;
        return [{ kind: 'step.asked', ...common, question }];
      }
    }
  }

  function undone(step: string): RunEvent {
    return choose('undone', 'undo failed') === 'undone'
      ? { kind: 'step.undone', step, summary: 'back', facts: [], at: at() }
      : { kind: 'step.undo-failed', step, reason: 'timeout', at: at() };
  }

  /** What people do when only they can. */
  function act(why: 'approval' | 'answer' | 'choice'): void {
    if (why === 'approval') standing = choose('approved', 'vetoed', 'over');
    if (why === 'answer')
      decided(decideAnswer(run, RUNBOOK, null, { person: 'ana', choice: null, evidence: null }, now));
    if (why === 'choice') decided(choice());
  }

  function choice(): RunDecision {
    const ruling = { person: 'ana', happened: choose('yes', 'no') === 'yes', saw: 'it' };
    switch (choose('retry', 'skip', 'rule')) {
      case 'retry':
        return decideRetry(run, RUNBOOK, null, standingNow(), now);
      case 'skip':
        return decideSkip(run, RUNBOOK, null, 'not needed', new Set(), now);
      case 'rule':
        return decideRuling(run, RUNBOOK, null, ruling, false, now);
    }
  }
}

/** Ids of the gates that are open in a run. */
export function openGates(run: Run): readonly string[] {
  const ids = stepsOf(RUNBOOK).flatMap(({ gate }) => (gate === null ? [] : [gate.gate]));
  return [...new Set(ids)].filter((id) => {
    const { opened, closed } = gateState(run, id);
    return opened !== null && closed === null;
  });
}
