import { REQUIRED_VOTES } from '../../domain/approval.ts';
import { ROLES } from '../../domain/events.ts';
import { isOver } from '../../domain/incident.ts';
import type { IncidentView } from '../../domain/views.ts';
import { capital, dualInstant, instant } from '../format.ts';
import { runState } from '../run-state.ts';
import { MARKS, ROLE_WORDS, STATUS_WORDS } from '../words.ts';
import {
  actions,
  type Block,
  type Button,
  button,
  context,
  header,
  type Message,
  menu,
  message,
  section,
} from './blocks.ts';
import {
  activeRun,
  isUpdateLate,
  resultLines,
  rpoLine,
  rtoLine,
  updateLine,
  updatesLine,
  waitingLine,
} from './clock-lines.ts';
import type { ActionId, Carried } from './ids.ts';
import {
  asOf,
  clockOf,
  headed,
  isDrill,
  type Links,
  link,
  machine,
  marked,
  personName,
  quoted,
  timeOf,
} from './text.ts';

/** The pinned card of an incident: where it stands, its clocks, what happens now, who, and what to press (CARDS §4). */
export function renderIncidentCard(view: IncidentView, links: Links = {}): Message {
  const { incident, plan } = view;
  const heading = `${incident.id} · ${plan.name} · ${incident.severity} · ${isOver(incident) ? STATUS_WORDS[incident.status].word : plan.environment}`;
  return message(
    fallback(view),
    isDrill(view)
      ? context('This is a drill. Only drill-owned objects are changed. Nothing outside is told.')
      : null,
    header(headed(view, heading)),
    section(
      quoted(`*What is wrong* (${personName(view.people, incident.declaredBy)})`, incident.title, 200),
      ...statusLines(view),
    ),
    ...(isOver(incident) ? overBlocks(view) : liveBlocks(view, links)),
    isOver(incident) ? overButtons(view) : liveButtons(view),
    smallPrint(view),
  );
}

function fallback(view: IncidentView): string {
  const { incident, plan, now } = view;
  const status = STATUS_WORDS[incident.status].word.toLowerCase();
  const run = activeRun(view);
  const at = run === null ? null : runState(run);
  const { nextAt } = incident.updates;
  return [
    `${incident.id} ${machine(plan.name)} ${incident.severity}, ${status}.`,
    at === null ? null : `${run?.run.id}: ${at.words}.`,
    nextAt === null
      ? null
      : `Next update ${instant(nextAt, incident.declaredAt)}${Date.parse(nextAt) < now.getTime() ? ', late' : ''}.`,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

function statusLines(view: IncidentView): readonly string[] {
  const { incident, people } = view;
  const word = STATUS_WORDS[incident.status].word;
  const since = dualInstant(incident.statusSince, incident.declaredAt);
  if (incident.status === 'cancelled') return [`*${word}* ${since}: ${STATUS_WORDS.cancelled.means}.`];
  if (incident.status === 'resolved') return [`${marked('done', word)} ${since}`];
  const verified =
    incident.verified === null
      ? ''
      : ` · service verified ${clockOf(incident, incident.verified.at)} by ${machine(incident.verified.evidence, 60)}`;
  const line = `*${word}* since ${since}${verified}`;
  const cause = incident.cause;
  return cause === null
    ? [line]
    : [
        line,
        quoted(
          `Cause so far (${personName(people, incident.roles.commander ?? incident.declaredBy)})`,
          cause,
          300,
        ),
      ];
}

function liveBlocks(view: IncidentView, links: Links): readonly Block[] {
  const { incident, people } = view;
  const blocks = [
    section('*Clocks*', rtoLine(view), rpoLine(view), updateLine(view), waitingLine(view)),
    section('*Now*', ...nowLines(view, links)),
    section(
      `*People*  ${ROLES.map((role) => `${capital(ROLE_WORDS[role])} ${holder(view, incident.roles[role])}`).join(' · ')}`,
    ),
  ];
  if (incident.impact !== null && incident.impact !== '') {
    blocks.push(
      section(
        quoted(
          `*Affected* (${personName(people, incident.declaredBy)}, ${clockOf(incident, incident.declaredAt)})`,
          incident.impact,
        ),
      ),
    );
  }
  return blocks;
}

function holder(view: IncidentView, person: string | null): string {
  return person === null ? 'nobody' : personName(view.people, person);
}

function nowLines(view: IncidentView, links: Links): readonly string[] {
  const [latest] = view.runs;
  if (latest === undefined) return ['Nothing runs yet.'];
  const { run, approvals } = latest;
  const state = runState(latest);
  const card = link(links, run.id, 'Open card');
  const step = state.at === null ? '' : `, ${machine(state.at.step.title, 60)}`;
  const lines = [
    `${MARKS[state.mark].emoji} ${state.words}: ${run.id} ${run.runbook}${step}${card === null ? '' : ` → ${card}`}`,
  ];
  for (const approval of approvals.filter(({ status }) => status.is === 'open')) {
    const open = link(links, approval.id, 'Open card');
    lines.push(
      `${MARKS.approval.emoji} approval: ${approval.id} has ${approval.votes.length} of ${REQUIRED_VOTES}, until ${timeOf(view.incident, approval.approveBy)}${open === null ? '' : ` → ${open}`}`,
    );
  }
  return lines;
}

type Offer = readonly [action: ActionId, label: string];

/** The next thing to do is green and first: the first rule that holds (CARDS §4). */
function primaryOf(view: IncidentView): ActionId {
  const { incident } = view;
  const run = activeRun(view);
  if (incident.roles.commander === null) return 'incident.take-command';
  if (isUpdateLate(view)) return 'update.post';
  if (run === null && incident.status === 'investigating') return 'run.choose';
  if (run === null && incident.status === 'monitoring' && incident.verified !== null)
    return 'incident.resolve';
  return 'update.post';
}

const BUTTONS_SHOWN = 4;

function liveButtons(view: IncidentView): Block | null {
  const { incident } = view;
  const primary = primaryOf(view);
  const offers: readonly Offer[] = [
    ['incident.take-command', 'Take command'],
    ['update.post', 'Post update'],
    ['run.choose', 'Run a runbook'],
    ['incident.set-status', 'Set status'],
    ['incident.add-note', 'Add note'],
    ['incident.take-role', 'Take a role'],
    ['incident.change-severity', 'Change severity'],
    ['incident.timeline', 'Timeline'],
    ['incident.resolve', 'Resolve'],
  ];
  const possible = offers.filter(([action]) => {
    if (action === 'incident.take-command') return incident.roles.commander === null;
    return action !== 'run.choose' || activeRun(view) === null;
  });
  const ordered = [
    ...possible.filter(([action]) => action === primary),
    ...possible.filter(([action]) => action !== primary),
  ];
  return offerButtons(incident.id, ordered, primary);
}

function overButtons(view: IncidentView): Block | null {
  const { incident } = view;
  if (incident.status === 'cancelled')
    return offerButtons(incident.id, [['incident.timeline', 'Timeline']], null);
  return offerButtons(
    incident.id,
    [
      ['incident.report', 'Report'],
      ['incident.timeline', 'Timeline'],
      ['incident.add-note', 'Add note'],
    ],
    null,
  );
}

function offerButtons(incident: string, offers: readonly Offer[], primary: ActionId | null): Block | null {
  const carried: Carried = { incident };
  const shown = offers.slice(0, BUTTONS_SHOWN).map(([action, label]): Button => {
    const says = `${label}, ${incident}`;
    return button(action, label, carried, action === primary ? { style: 'primary', says } : { says });
  });
  const rest = offers
    .slice(BUTTONS_SHOWN)
    .map(([action, label]) => [label, { do: action, ...carried }] as const);
  return actions(...shown, menu(...rest));
}

function overBlocks(view: IncidentView): readonly Block[] {
  const { incident, people } = view;
  const { resolved } = incident;
  if (resolved === null) return [];
  const open = incident.actionItems.length;
  return [
    section(
      '*Result*',
      ...resultLines(view),
      quoted('Data lost, by the person who resolved:', resolved.dataLost, 300),
      updatesLine(view),
      waitingLine(view),
    ),
    section(
      `*After*  Report due ${timeOf(incident, resolved.reportDueAt)}, owner ${personName(people, resolved.reportOwner)} · Action items: ${open}`,
    ),
  ];
}

function smallPrint(view: IncidentView): Block {
  const { incident, people, plan, planVersion } = view;
  const began =
    incident.occurredAt === null ? 'began: not known yet' : `began ${clockOf(incident, incident.occurredAt)}`;
  const detected =
    incident.detectedAt === null
      ? 'detected: not known yet'
      : `detected ${clockOf(incident, incident.detectedAt)}`;
  return context(
    capital(began),
    detected,
    `declared ${clockOf(incident, incident.declaredAt)} by ${personName(people, incident.declaredBy)}`,
    `RTO starts at ${plan.clock} (plan)`,
    `plan ${planVersion}`,
    'Times are UTC',
    isOver(incident) ? null : asOf(view),
  );
}
