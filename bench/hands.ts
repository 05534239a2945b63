import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../sandbox/world.ts';
import { createApp } from '../src/app.ts';
import { signText } from '../src/clients/ssh.ts';
import { readConfig } from '../src/config.ts';
import type { Approval } from '../src/domain/approval.ts';
import type { Actor } from '../src/domain/events.ts';
import { isRefusal, type Refusal } from '../src/domain/refusal.ts';
import type { Run } from '../src/domain/run.ts';
import { createLog } from '../src/log.ts';
import { signedText } from '../src/services/approvals.ts';
import { approvalsOfIncident, readRun } from '../src/store/aggregates.ts';
import { lastReading } from '../src/store/watch.ts';

export type Hands = Awaited<ReturnType<typeof createHands>>;

const LOOK_EVERY_MS = 25;
const PATIENCE_MS = 300_000;

/**
 * People who answer the moment they are asked: what `dr` does at a terminal, without the second each process takes to
 * start. Votes are signed with their own keys.
 */
export async function createHands(world: Pick<World, 'env' | 'sshKeys'>) {
  const config = readConfig({ ...world.env, DR_SLACK_MODE: 'off' });
  const app = await createApp(config, createLog('fatal'), { role: 'cli' });
  await app.start();
  const person = (name: string): Actor => ({ person: name, via: 'cli', account: null });

  async function declare(system: string, title: string): Promise<string> {
    const declared = taken(
      await app.incidents.declare(person('ana'), system, {
        title,
        severity: 'SEV1',
        impact: null,
        occurredAt: null,
        detectedAt: null,
      }),
    );
    return declared.incident;
  }

  async function start(incident: string, runbook: string): Promise<string> {
    return taken(await app.runs.start(person('ana'), { incident, runbook, inputs: {}, reason: null })).run;
  }

  /** Answers and votes until `isEnough`, and throws when a step or a gate needs more than that. */
  async function serve(id: string, evidence: string, isEnough: (run: Run) => boolean): Promise<Run> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
      const run = (await readRun(app.db, id))?.state;
      if (run === undefined) throw new Error(`${id} is not there.`);
      if (isEnough(run)) return run;
      const asked = Object.entries(run.steps).find(([, { status }]) => status.is === 'asked');
      if (asked !== undefined) taken(await app.runs.answer(person('ana'), id, asked[0], null, evidence));
      const open = (await approvalsOfIncident(app.db, run.incident)).find(
        ({ status }) => status.is === 'open',
      );
      if (open !== undefined) await Promise.all(['ana', 'ben'].map((name) => vote(name, open)));
      const stopped = Object.values(run.steps).find(({ status }) =>
        ['failed', 'uncertain'].includes(status.is),
      );
      const blocked = Object.values(run.gates).find((gate) => gate.blocked.length > 0);
      if (stopped !== undefined || blocked !== undefined || run.outcome !== null || Date.now() > deadline)
        throw new Error(`${id} does not go on: ${JSON.stringify(stopped ?? blocked ?? run.outcome)}`);
    }
  }

  /** Until the watch has read a new backup from its first to its last byte. */
  async function untilRead(system: string, backup: string, key: string): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
      if ((await lastReading(app.db, system, backup))?.key === key) return;
      if (Date.now() > deadline) throw new Error(`The watch has not read ${key}.`);
    }
  }

  async function vote(name: string, { id, digest }: Approval): Promise<void> {
    const signature = await signText(world.sshKeys[name] ?? '', signedText(id, digest));
    const request = { approval: id, digest, typedName: null, signature, sharedChannel: false };
    taken(await app.approvals.vote(person(name), request));
  }

  return { declare, start, serve, untilRead, stop: app.close };
}

function taken<Answer extends object>(answer: Answer | Refusal): Answer {
  if (isRefusal(answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}
