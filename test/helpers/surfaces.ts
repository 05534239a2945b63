import type { IncidentView } from '../../src/domain/views.ts';
import { renderAnnouncement } from '../../src/render/slack/announcement.ts';
import { renderApprovalCard } from '../../src/render/slack/approval-card.ts';
import type { Message, View } from '../../src/render/slack/blocks.ts';
import type { DeclareDraft } from '../../src/render/slack/declare-draft.ts';
import { renderGateBlocked, renderUndoFailed } from '../../src/render/slack/gate-cards.ts';
import { renderHome, renderIncidentMenu, useCommandButton } from '../../src/render/slack/help.ts';
import { renderHomeTab } from '../../src/render/slack/home.ts';
import { renderIncidentCard } from '../../src/render/slack/incident-card.ts';
import { renderManual } from '../../src/render/slack/manual-card.ts';
import { renderLoading, renderNotice, renderSlowLoading } from '../../src/render/slack/modals.ts';
import { renderApprovalDetails, renderReview, renderVeto } from '../../src/render/slack/modals-approval.ts';
import {
  nearDuplicateReply,
  renderDeclared,
  renderDeclareForm,
  renderDeclaring,
  renderNearDuplicate,
} from '../../src/render/slack/modals-declare.ts';
import {
  renderAddNote,
  renderChangeSeverity,
  renderIncidentDetails,
  renderResolve,
  renderSetStatus,
  renderTakeRole,
  renderTimeline,
} from '../../src/render/slack/modals-incident.ts';
import { renderPreview, renderRunForm } from '../../src/render/slack/modals-run.ts';
import {
  renderAbort,
  renderAnswer,
  renderRuling,
  renderRunDetails,
  renderSkip,
} from '../../src/render/slack/modals-step.ts';
import { renderEditUpdate, renderSnooze } from '../../src/render/slack/modals-update.ts';
import { renderPost } from '../../src/render/slack/posts.ts';
import type { RunPreview } from '../../src/render/slack/preview-model.ts';
import { renderReply } from '../../src/render/slack/reply.ts';
import { renderRunCard } from '../../src/render/slack/run-card.ts';
import { renderStopped } from '../../src/render/slack/stopped-card.ts';
import { alertSurfaces } from './alert-surfaces.ts';
import { backupsModel } from './sample-backups.ts';
import { MOMENTS, storyAt } from './sample-day.ts';
import { declare, finish, startRun } from './sample-events.ts';
import { LIVES } from './sample-lives.ts';
import { people, samplePlan } from './sample-plan.ts';
import { at, createStory, RUN, type Story, type Texts } from './sample-story.ts';

export type Surface = readonly [name: string, shown: Message | View];

const NOW = '02:57:00';

/** Every surface in every state we know, drawn from the same texts. */
export function surfaces(texts: Partial<Texts> = {}): readonly Surface[] {
  const found: Surface[] = [];
  for (const moment of MOMENTS) found.push(...cardsOf(`at ${moment}`, storyAt(moment, { texts })));
  for (const [life, tell] of Object.entries(LIVES)) found.push(...cardsOf(life, tell({ texts })));
  for (const done of [0, 7, 38]) found.push(...cardsOf(`long runbook after ${done}`, longStory(texts, done)));
  return [...found, ...dialogs(texts), ...alertSurfaces(texts)];
}

function longStory(texts: Partial<Texts>, done: number): Story {
  const story = createStory({ texts, runbook: 'long-40' });
  declare(story);
  startRun(story, { runbook: 'long-40' });
  for (let step = 1; step <= done; step++)
    finish(story, `s${step}`, '02:15:00', '02:15:30', { name: story.texts.fact });
  return story;
}

function cardsOf(name: string, story: Story): readonly Surface[] {
  const view = story.view(NOW);
  return [
    [`incident card ${name}`, renderIncidentCard(view)],
    [`announcement ${name}`, renderAnnouncement(view)],
    [`incident details ${name}`, renderIncidentDetails(view)],
    [`menu ${name}`, renderIncidentMenu(view)],
    [`home ${name}`, homeOf(view, story.texts)],
    ...story.log.flatMap((logged): readonly Surface[] => {
      const draft = {
        status: 'monitoring',
        impact: story.texts.impact,
        changed: story.texts.note,
        next: story.texts.note,
        expectedBack: null,
      } as const;
      const posted = renderPost(view, logged, {
        links: {},
        guarding: new Set(),
        draft,
        publicUpdate: ({ impact }) => impact,
      });
      return posted === null ? [] : [[`post of ${logged.event.kind} ${logged.seq} ${name}`, posted.message]];
    }),
    ...view.runs.flatMap(({ run, approvals }): readonly Surface[] => [
      [`run card ${name}`, renderRunCard(view, run.id)],
      [`run details ${name}`, renderRunDetails(view, run.id, 2)],
      [`abort ${name}`, renderAbort(view, run.id)],
      ...stepSurfaces(name, view),
      ...approvals.flatMap((approval): readonly Surface[] => [
        [`approval card ${approval.id} ${name}`, renderApprovalCard(view, approval.id)],
        [`review ${approval.id} ${name}`, renderReview(view, approval.id, 'mina')],
        [`approval details ${approval.id} ${name}`, renderApprovalDetails(view, approval.id)],
        [`veto ${approval.id} ${name}`, renderVeto(approval)],
      ]),
    ]),
  ];
}

/** App Home of everybody and of nobody in particular. It has no words for a notification, and keeps a message's limits. */
function homeOf(view: IncidentView, texts: Texts): Message {
  const over = view.incident.status === 'resolved' || view.incident.status === 'cancelled';
  const { blocks } = renderHomeTab({
    now: view.now,
    people: view.people,
    person: over ? null : 'mina',
    approverOf: over ? [] : [view.plan.name],
    waiting: view.runs.flatMap(({ approvals }) => approvals),
    open: over ? [] : [view],
    ended: over ? [view] : [],
    backups: backupsModel({}, texts),
    plans: 4,
  });
  return { text: 'dr-bot', blocks };
}

function stepSurfaces(name: string, view: IncidentView): readonly Surface[] {
  const [shown] = view.runs;
  return Object.entries(shown?.run.steps ?? {}).flatMap(([step, { status }]): readonly Surface[] => {
    if (status.is === 'done' || status.is === 'pending') return [];
    return [
      [`stopped ${step} ${name}`, renderStopped(view, RUN, step)],
      [`undo failed ${step} ${name}`, renderUndoFailed(view, RUN, step)],
      [`manual ${step} ${name}`, renderManual(view, RUN, step)],
      [`skip ${step} ${name}`, renderSkip(view, RUN, step)],
      [`it happened ${step} ${name}`, renderRuling(view, RUN, step, true)],
      [`it did not happen ${step} ${name}`, renderRuling(view, RUN, step, false)],
      [`answer ${step} ${name}`, renderAnswer(view, RUN, step)],
    ];
  });
}

function dialogs(texts: Partial<Texts>): readonly Surface[] {
  const story = storyAt('monitoring', { texts });
  const view = story.view(NOW);
  const { title, impact, note, fact } = story.texts;
  const draft: DeclareDraft = {
    system: 'janua',
    title,
    severity: 'SEV1',
    impact,
    occurredAt: null,
    drill: false,
    resembles: view.incident.id,
  };
  const near = {
    incident: { ...view.incident, severity: 'SEV3' as const },
    systemName: 'Janua',
    people,
    draft,
  };
  const form = {
    plans: [samplePlan()],
    system: 'janua',
    open: Array.from({ length: 5 }, () => view.incident),
    people,
    given: { title, impact },
    notes: [fact],
    now: view.now,
  };
  const given = { status: 'monitoring', impact, changed: note, next: note, expectedBack: note } as const;
  return [
    ['loading', renderLoading('Declare an incident')],
    ['slow loading', renderSlowLoading('Declare an incident', '/dr declare janua sev1 what is wrong')],
    [
      'notice',
      renderNotice('Recorded', ['Your approval is recorded at 02:26:41 UTC. 2 of 2. Step 9 is starting.']),
    ],
    ['declare form', renderDeclareForm(form)],
    ['empty declare form', renderDeclareForm({ ...form, system: null, open: [], given: {}, notes: [] })],
    ['near duplicate', renderNearDuplicate(near)],
    ['near duplicate reply', nearDuplicateReply(near)],
    ['declaring', renderDeclaring(view.incident.id)],
    ['declared', renderDeclared(view.incident)],
    ['set status', renderSetStatus(view)],
    ['change severity', renderChangeSeverity(view)],
    ['take a role', renderTakeRole(view)],
    ['add note', renderAddNote(view)],
    ['resolve', renderResolve(view)],
    ['resolve against the check', renderResolve(view, { serviceFails: fact })],
    [
      'timeline',
      renderTimeline(
        view.incident.id,
        Array.from({ length: 500 }, (_, index) => `02:12:04 entry ${index}`),
      ),
    ],
    ['edit update', renderEditUpdate(view, given)],
    ['snooze', renderSnooze(view)],
    ['run form', renderRunForm(runForm(fact))],
    ['preview', renderPreview(preview(fact, 3), { before: '02:05' })],
    ['long preview', renderPreview(preview(fact, 40), {})],
    [
      'blocked preview',
      renderPreview(
        { ...preview(fact, 3), blocked: [fact, 'no good backup. Choose an older restore point.'] },
        {},
      ),
    ],
    ['home', renderHome(1)],
    [
      'reply',
      renderReply(
        ['There is no command "declar". Nothing was done. Did you mean /dr declare?'],
        [useCommandButton('declare')],
      ),
    ],
    [
      'announcement with its channel',
      renderAnnouncement(view, { [view.incident.id]: 'https://example.slack.com/archives/C0INC014' }),
    ],
    ['form without plans', renderDeclareForm({ ...form, plans: [] })],
    ['run form without runbooks', renderRunForm({ ...runForm(fact), runbooks: [] })],
    ['long reply', renderReply(Array.from({ length: 300 }, (_, index) => `line ${index}`))],
    ['blocked gate that went on', renderGateBlocked(view, RUN, 'cut-over')],
  ];
}

export function runForm(fact: string): Parameters<typeof renderRunForm>[0] {
  const plan = samplePlan();
  return {
    incident: 'INC-2026-014',
    systemName: 'Janua',
    place: 'PRODUCTION',
    chosen: 'restore-postgres',
    modes: ['live', 'drill'],
    given: {},
    runbooks: Object.entries(plan.runbooks).map(([id, { title, scenario, expected, inputs }]) => ({
      id,
      title,
      scenario: scenario ?? null,
      expectedMs: expected ?? null,
      proved: id === 'restore-postgres' ? fact : null,
      inputs,
    })),
  };
}

export function preview(fact: string, steps: number): RunPreview {
  const numbered = Array.from({ length: steps }, (_, index) => ({
    number: index + 1,
    title: `Step ${index + 1}`,
    lines: index === 0 ? [fact, fact] : [],
  }));
  const [first, ...rest] = numbered;
  const last = rest.pop();
  return {
    incident: 'INC-2026-014',
    declaredAt: at('02:12:04'),
    system: 'janua',
    systemName: 'Janua',
    place: 'PRODUCTION',
    runbook: 'restore-postgres',
    mode: 'live',
    stretches: [
      { gate: null, steps: first === undefined ? [] : [first] },
      {
        gate: {
          title: 'Cut over to the restored database',
          impact: 'Sign-in for everyone, about 3 s.',
          class: 'reversible',
        },
        steps: rest,
      },
      { gate: null, steps: last === undefined ? [] : [last] },
    ],
    loss: fact,
    undo: ['swap back, about 3 s'],
    approvers: ['Ana', 'Ben', 'Mina'],
    warnings: [fact],
    blocked: [],
    times: { workMs: 360_000, rtoDueAt: at('03:12:04') },
    planVersion: 'janua@4f2c1a9',
    readAt: at('02:14:31'),
  };
}
