import { z } from 'zod';
import type { DeploymentChange } from '../clients/kubernetes.ts';
import type { Revision, Workload } from '../clients/kubernetes-objects.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Observation, type Outcome } from './action.ts';
import { assertNotSuperseded, markOf, marksFor, standingMark, undoneMarksFor } from './k8s-mark.ts';
import { reasonsOfGitOps } from './k8s-owners.ts';
import { readyText } from './k8s-ready.ts';
import { redact } from './k8s-redact.ts';
import { revisionHashed, revisionNumbered, revisionText } from './k8s-revisions.ts';
import { shortHash, templateDiff, templateHash } from './k8s-template.ts';
import {
  findWorkloads,
  KubernetesName,
  kubectlPlace,
  missingRights,
  needsOf,
  poll,
  readWorkloads,
  type Target,
} from './k8s-workload.ts';
import { orReference } from './params.ts';

const Params = z.strictObject({
  cluster: KubernetesName,
  namespace: KubernetesName,
  deployment: KubernetesName,
  /** A number of `kubectl rollout history`, mostly chosen by a person: `${choose.choice}`. */
  revision: orReference(
    z.union([z.int().min(1), z.string().regex(/^[1-9]\d{0,8}$/, 'expected a revision like 7')]),
  ),
});
type Params = z.infer<typeof Params>;

export const k8sRolloutUndo = defineAction<Params>({
  name: 'k8s.rolloutUndo',
  summary: 'Gives a Deployment back the template of an earlier revision.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    from: 'hash of the template it had',
    to: 'hash of the template it has now',
  },

  async preview(context, params) {
    const { clients, signal, phase } = context;
    const { cluster, deployment, namespace, revision: asked } = params;
    const place = `\`${deployment}\` in \`${namespace}\``;
    const unknown = { lines: [`${place}: back to an earlier revision`], bound: null, shown: [], undo: [] };
    if (hasSymbols([cluster, namespace, deployment])) {
      const blocked = phase === 'gate' ? [`${place} is not known yet. Name it in the plan.`] : [];
      return { ...unknown, blocked };
    }
    const clusterUid = await clients.kubernetes.clusterUid(cluster, { signal });
    const [{ found, missing }, rights] = await Promise.all([
      findWorkloads(context, targetOf(params)),
      missingRights(context, targetOf(params)),
    ]);
    const [workload] = found;
    if (workload === undefined) return { ...unknown, blocked: missing };
    const [revisions, pods] = await Promise.all([
      clients.kubernetes.listRevisions(cluster, workload, { signal }),
      clients.kubernetes.listPods(cluster, namespace, workload.selector, { signal }),
    ]);
    const from = templateHash(workload.template);
    const running = revisionHashed(revisions, from);
    const fact = (name: string, revision: Revision | undefined) =>
      revision === undefined ? [] : [{ name, value: revisionText(revision, pods, context.now) }];
    const shown = [{ name: deployment, value: readyText([workload]) }, ...fact('runs now', running)];
    const reasons = [...rights, ...reasonsAgainst(params, workload)];
    if (hasSymbols(asked)) {
      const blocked =
        phase === 'gate' ? [`Which revision of ${place} is not known yet. Name it in the plan.`] : [];
      return { ...unknown, shown, blocked: [...reasons, ...blocked] };
    }
    const target = revisionNumbered(revisions, Number(asked));
    if (target === undefined)
      return { ...unknown, shown, blocked: [...reasons, goneRevision(params, revisions)] };
    const to = templateHash(target.template);
    const forward = running === undefined ? 'the template it has now' : `revision ${running.revision}`;
    return {
      lines: [
        `${place}: back to ${revisionText(target, pods, context.now)}`,
        ...templateDiff(workload.template, target.template),
        'Whether that version fits the database as it is now, the bot cannot see',
      ],
      bound: {
        cluster: clusterUid,
        namespace,
        deployment: { name: deployment, uid: workload.uid },
        template: { from, to },
      },
      shown: [...shown, ...fact('goes back to', target)],
      undo: [`\`${deployment}\` goes forward again to ${forward}`],
      blocked: from === to ? [...reasons, sameTemplate(params)] : reasons,
      output: { from, to },
    };
  },

  async run(context, params) {
    const { clients, signal } = context;
    const first = await readWorkload(context, params);
    const revisions = await clients.kubernetes.listRevisions(params.cluster, first, { signal });
    const target = revisionNumbered(revisions, Number(params.revision));
    const patched = await patch(context, params, (now) => {
      assertNotSuperseded(context, first, now);
      const mark = standingMark(context, now);
      const present = templateHash(now.template);
      if (mark?.wrote === present) return undefined;
      const reasons = now.uid === first.uid ? reasonsAgainst(params, now) : [recreated(params)];
      if (target === undefined) reasons.push(goneRevision(params, revisions));
      if (target === undefined || reasons.length > 0)
        throw new AppError('target-refused', reasons.join(' '), { details: reasons });
      const { template } = target;
      return { template, annotations: marksFor(context, mark?.previous ?? present, templateHash(template)) };
    });
    await untilSeen(context, params, patched.generation);
    return doneOf(context, params, patched);
  },

  async verify(context, params, output) {
    const workload = await readWorkload(context, params);
    if (templateHash(workload.template) === output.to) return;
    throw new AppError('check-failed', `${otherTemplate(params, workload, String(output.to))}.`);
  },

  async observe(context, params): Promise<Observation> {
    const { found, missing } = await findWorkloads(context, targetOf(params));
    const [workload] = found;
    if (workload === undefined) return { happened: 'unknown', seen: missing };
    const mark = standingMark(context, workload);
    if (mark?.wrote === undefined) return { happened: 'no' };
    if (templateHash(workload.template) === mark.wrote)
      return { happened: 'yes', outcome: doneOf(context, params, workload) };
    return {
      happened: 'unknown',
      seen: [otherTemplate(params, workload, mark.wrote)],
      howToTell: `kubectl rollout history deployment ${params.deployment} ${kubectlPlace(params)}`,
    };
  },

  async undo(context, params, output) {
    const { clients, signal } = context;
    const first = await readWorkload(context, params);
    const revisions = await clients.kubernetes.listRevisions(params.cluster, first, { signal });
    const patched = await patch(context, params, (now) => {
      const mark = markOf(context, now);
      const present = templateHash(now.template);
      if (mark?.undone) return undefined;
      const former = output.from ?? mark?.previous;
      if (former === undefined) return { annotations: undoneMarksFor(context, null) };
      const annotations = undoneMarksFor(context, String(former));
      if (former === present) return { annotations };
      if (present !== (output.to ?? mark?.wrote))
        throw undoFailed(params, 'somebody rolled out another version since, which would be lost');
      const template = revisionHashed(revisions, String(former))?.template;
      if (template === undefined)
        throw undoFailed(params, `the template it had, ${shortHash(former)}, is gone from its history`);
      return { template, annotations };
    });
    const former = markOf(context, patched)?.previous;
    if (former === undefined) return { summary: 'nothing to take back: no template was changed', facts: [] };
    await untilSeen(context, params, patched.generation);
    return {
      summary: `\`${params.deployment}\` back to template ${shortHash(former)}`,
      facts: [
        { name: params.deployment, value: `template ${shortHash(former)}, its pods are being replaced` },
      ],
    };
  },

  byHand(params) {
    const place = kubectlPlace(params);
    const name = `deployment ${params.deployment} ${place}`;
    return [
      `kubectl rollout history ${name}   # note the last number: it is the way back`,
      `kubectl rollout undo ${name} --to-revision=${params.revision}   # once: a number is gone after its use`,
      `kubectl rollout status ${name}`,
    ];
  },

  needs: (params) => [
    ...needsOf(targetOf(params), { patch: true, scalers: false }),
    {
      kind: 'kubernetes',
      connection: params.cluster,
      namespace: params.namespace,
      group: 'apps',
      resource: 'replicasets',
      verb: 'list',
    },
  ],
});

function targetOf({ cluster, namespace, deployment }: Params): Target {
  return { cluster, namespace, deployments: [deployment] };
}

async function readWorkload(context: ActionContext, params: Params, polled = false): Promise<Workload> {
  const [workload] = await readWorkloads(context, targetOf(params), polled);
  if (workload === undefined) throw new Error('one name gives one Deployment');
  return workload;
}

function patch(
  { clients, signal }: ActionContext,
  { cluster, namespace, deployment }: Params,
  decide: (now: Workload) => DeploymentChange | undefined,
): Promise<Workload> {
  return clients.kubernetes.patchDeployment(cluster, namespace, deployment, decide, { signal });
}

/** Until the controller has taken the new template up: before that, its counts of ready pods are of the old one. */
async function untilSeen(context: ActionContext, params: Params, generation: number): Promise<void> {
  await poll(context, async () => {
    const { status } = await readWorkload(context, params, true);
    return status.observedGeneration >= generation ? true : undefined;
  });
}

/** Reasons why another template would have no effect, or not for long. */
function reasonsAgainst(params: Params, workload: Workload): string[] {
  const { deployment } = params;
  const reasons = [...reasonsOfGitOps(params, 'deployment', workload)];
  if (workload.paused) {
    const resume = `kubectl rollout resume deployment ${deployment} ${kubectlPlace(params)}`;
    reasons.push(
      `The rollout of \`${deployment}\` is paused, so another template has no effect. Run: ${resume}`,
    );
  }
  return reasons;
}

function goneRevision({ deployment, revision }: Params, revisions: readonly Revision[]): string {
  const known = revisions.map((one) => one.revision).join(', ') || 'none';
  return `Deployment \`${deployment}\` has no revision ${revision} any more: its history keeps only the newest. It has: ${known}. Start the run again and choose one of them, or deploy that version anew.`;
}

function sameTemplate({ deployment, revision }: Params): string {
  return `\`${deployment}\` runs the version of revision ${revision} already, so going back to it changes nothing. Start the run again and choose another one.`;
}

function recreated({ deployment }: Params): string {
  return `Deployment \`${deployment}\` was made anew in the meantime. Look who did that, then start again.`;
}

function otherTemplate({ deployment }: Params, { template }: Workload, wrote: string): string {
  return `\`${deployment}\` got template ${shortHash(wrote)} by this step, and has ${shortHash(templateHash(template))} now`;
}

function undoFailed(params: Params, why: string): AppError {
  const history = `kubectl rollout history deployment ${params.deployment} ${kubectlPlace(params)}`;
  return new AppError(
    'undo-failed',
    `\`${params.deployment}\` was left as it is: ${why}. Choose a revision by hand: ${history}`,
  );
}

/** By the record on the Deployment, so that an outcome found afterwards says the same as one reported at once. */
function doneOf(
  context: ActionContext,
  { deployment, revision }: Params,
  workload: Workload,
): Extract<Outcome, { kind: 'done' }> {
  const { previous = '', wrote = '' } = markOf(context, workload) ?? {};
  const images = (workload.template.spec?.containers ?? []).map(({ name, image = '' }) => ({
    name,
    value: redact(image),
  }));
  return {
    kind: 'done',
    summary: `back to the version of revision ${revision}`,
    output: { from: previous, to: wrote },
    facts: [{ name: deployment, value: `template ${shortHash(previous)} → ${shortHash(wrote)}` }, ...images],
  };
}
