import type { Approval } from '../../domain/approval.ts';
import { ROLES } from '../../domain/events.ts';
import { isResponder } from '../../domain/people.ts';
import type { HomeModel, IncidentView } from '../../domain/views.ts';
import { count, day, exactInstant, instant, listOf } from '../format.ts';
import { MARKS, STATUS_WORDS } from '../words.ts';
import { backupsHome } from './backups-list.ts';
import { actions, type Button, button, context, type HomeView, header, homeView, section } from './blocks.ts';
import { resultLines, rtoLine } from './clock-lines.ts';
import { channelOf, inQuotes, machine, personName } from './text.ts';

/** App Home (CARDS §12): what waits for this person, then how things stand. Built when it is opened. */
export function renderHomeTab(model: HomeModel): HomeView {
  const { backups, now, open, ended, plans, waiting } = model;
  const roles = rolesOf(model);
  const mine = [...waiting.map((approval) => waitingLine(approval, now)), ...roles];
  return homeView(
    header('dr-bot'),
    context(
      backups.lastRanAt === null
        ? 'The watch has not run yet'
        : `Watch last ran ${instant(backups.lastRanAt, now)}`,
      `${count(plans, 'plan')} loaded`,
    ),
    ...(mine.length === 0 ? [] : [section('*For you*', ...mine)]),
    actions(
      // One, because a view holds each button once; the others have their cards.
      waiting[0] === undefined ? null : reviewButton(waiting[0]),
      button('incident.declare', 'Declare incident', {}, { style: 'primary' }),
      button('backups.details', 'Backups', {}, { says: 'Every backup with all that is known of it' }),
      button('help.commands', 'Help', {}, { says: 'Every command, as a direct message' }),
      button('home.refresh', 'Refresh', {}, { says: 'Draw this page anew' }),
    ),
    section(
      `*Open incidents (${open.length})*`,
      ...(open.length === 0 ? ['There is no open incident.'] : open.map(openLine)),
    ),
    ...backupsHome(backups),
    ...(ended.length === 0 ? [] : [section(`*Last ended (${ended.length})*`, ...ended.map(endedLine))]),
    context(standing(model), `As of ${exactInstant(now)}`),
  );
}

function waitingLine({ id, gate, system, approveBy }: Approval, now: Date): string {
  return `${MARKS.approval.emoji} approval: ${id} ${machine(gate)} ${machine(system)} · until ${instant(approveBy, now)}`;
}

function reviewButton({ id, incident, digest }: Approval): Button {
  return button('approval.review', `Review ${id}`, { incident, approval: id, digest });
}

/** What somebody holds in open incidents. */
function rolesOf({ open, person, now }: HomeModel): readonly string[] {
  return open.flatMap(({ incident }) =>
    ROLES.filter((role) => person !== null && incident.roles[role] === person).map((role) => {
      const { nextAt } = incident.updates;
      const update = nextAt === null ? '' : ` · next update ${instant(nextAt, now)}`;
      return `${role[0]?.toUpperCase()}${role.slice(1)} of ${incident.id}${update}`;
    }),
  );
}

function openLine(view: IncidentView): string {
  const { incident, plan, people } = view;
  const channel = channelOf(incident);
  return [
    `*${incident.severity}* · ${incident.id} · ${machine(plan.name, 40)} · ${inQuotes(incident.title, 60)} · ${STATUS_WORDS[incident.status].word}`,
    `Commander: ${incident.roles.commander === null ? 'nobody yet' : personName(people, incident.roles.commander)}${channel === null ? '' : ` · ${channel}`}`,
    rtoLine(view),
  ].join('\n');
}

function endedLine(view: IncidentView): string {
  const { incident, plan } = view;
  const [, result] = incident.status === 'resolved' ? resultLines(view) : [];
  return [
    incident.id,
    machine(plan.name, 40),
    day(incident.statusSince),
    STATUS_WORDS[incident.status].word.toLowerCase(),
    ...(result === undefined ? [] : [result]),
  ].join(' · ');
}

function standing({ person, people, approverOf }: HomeModel): string {
  if (person === null)
    return 'You are not in people.yml. You can read and declare; to respond or approve, ask whoever keeps it';
  const may = [
    ...(isResponder(people, person) ? ['responder'] : []),
    ...(approverOf.length === 0 ? [] : [`approver (${listOf(approverOf.map((name) => machine(name, 30)))})`]),
  ];
  return `You are ${personName(people, person)}${may.length === 0 ? '' : `: ${may.join(', ')}`}`;
}
