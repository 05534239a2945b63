import { ROLES, type Role } from '../../domain/events.ts';
import { lossInPlain } from '../../domain/incident.ts';
import { Severity } from '../../domain/plan.ts';
import type { IncidentView } from '../../domain/views.ts';
import { capital, dualInstant } from '../format.ts';
import { MARKS, ROLE_WORDS, STATUS_WORDS, severityWords } from '../words.ts';
import { type Block, context, option, section, sections, type View, view } from './blocks.ts';
import { resultLines, updatesLine } from './clock-lines.ts';
import { choiceField, input, textField, timeField } from './fields.ts';
import { renderIncidentCard } from './incident-card.ts';
import { clockOf, editable, label, machine, personName } from './text.ts';

/** Small dialogs of an incident (CARDS §4) and the one that closes it (§11). */

const SETTABLE = ['investigating', 'identified', 'monitoring', 'resolved'] as const;

export function renderSetStatus({ incident }: IncidentView): View {
  const choices = SETTABLE.map((status) =>
    option(`${STATUS_WORDS[status].word}: ${STATUS_WORDS[status].means}`, status),
  );
  return view(
    'incident.set-status',
    'Set status',
    { submit: 'Set status', close: 'Cancel', carried: { incident: incident.id } },
    input('status', 'Status', choiceField(choices, incident.status)),
    input('changed', 'What changed?', textField({ max: 500, min: 10, multiline: true }), {
      hint: 'Posted as an update; the update clock starts anew.',
    }),
  );
}

export function renderChangeSeverity({ incident, plan }: IncidentView): View {
  const choices = Severity.options.map((severity) => {
    const { label: word, means } = severityWords(plan, severity);
    return option(label(`${severity} · ${word}`), severity, label(means));
  });
  return view(
    'incident.change-severity',
    'Change severity',
    { submit: 'Change severity', close: 'Cancel', carried: { incident: incident.id } },
    section(
      `${incident.id} is ${incident.severity} now. A new severity may change how often updates are due.`,
    ),
    input('severity', 'Severity', choiceField(choices, incident.severity)),
  );
}

export function renderTakeRole(incidentView: IncidentView): View {
  const { incident } = incidentView;
  const choices = ROLES.map((role) =>
    option(capital(ROLE_WORDS[role]), role, holderText(incidentView, role)),
  );
  return view(
    'incident.take-role',
    'Take a role',
    { submit: 'Take role', close: 'Cancel', carried: { incident: incident.id } },
    input(
      'role',
      'Role',
      choiceField(
        choices,
        ROLES.find((role) => incident.roles[role] === null),
      ),
    ),
  );
}

function holderText({ incident, people }: IncidentView, role: Role): string {
  const holder = incident.roles[role];
  return holder === null
    ? 'Nobody holds this.'
    : label(`${personName(people, holder)} holds this and is told. It goes on the timeline.`);
}

export function renderAddNote({ incident }: IncidentView): View {
  return view(
    'incident.add-note',
    'Add note',
    { submit: 'Add note', close: 'Cancel', carried: { incident: incident.id } },
    input('note', 'Note', textField({ max: 3000, min: 1, multiline: true }), {
      hint: 'Goes on the timeline and into the report, under your name.',
    }),
  );
}

export interface ResolveForm {
  /** What a check right now says of the service; null = the plan has no check. */
  readonly serviceFails: string | null;
}

export function renderResolve(
  incidentView: IncidentView,
  { serviceFails }: ResolveForm = { serviceFails: null },
): View {
  const { incident, people, plan, now } = incidentView;
  const responders = Object.entries(people.people).filter(([, person]) => person.responder);
  const dueAt = new Date(now.getTime() + plan.report.dueWithin);
  return view(
    'incident.resolve',
    label(`Resolve ${incident.id}`, 24),
    { submit: 'Resolve', close: 'Not yet', carried: { incident: incident.id } },
    section('*Checked*', ...checks(incidentView, serviceFails)),
    serviceFails === null
      ? null
      : input(
          'reason',
          'Why resolve although the check fails?',
          textField({ max: 500, min: 5, multiline: true }),
        ),
    input('began', 'When did it begin?', timeField(incident.occurredAt)),
    input('detected', 'When was it detected?', timeField(incident.detectedAt), {
      optional: true,
      hint: 'Needed for the report. If it cannot be known, leave it empty and say why below.',
    }),
    input('unknown-detected', 'Why it cannot be known', textField({ max: 300 }), { optional: true }),
    input(
      'cause',
      'Root cause so far',
      textField({ max: 500, min: 10, multiline: true, initial: editable(incident.cause, 500) }),
      {
        hint: 'One or two sentences. "Not known yet" is allowed and stays an action item.',
      },
    ),
    input('lost', 'Data lost', textField({ max: 500, initial: editable(lossInPlain(incident), 500) }), {
      hint: '"None" if nothing was lost. "Not known" if nobody could count.',
    }),
    input(
      'owner',
      'Owner of the report',
      choiceField(
        responders.map(([id, person]) => option(label(person.name), id)),
        incident.roles.commander,
        'select',
      ),
    ),
    section(`Report due ${dualInstant(dueAt, incident.declaredAt)} (plan).`),
    context(...resultLines(incidentView), updatesLine(incidentView)),
  );
}

function checks(incidentView: IncidentView, serviceFails: string | null): readonly string[] {
  const { incident, runs } = incidentView;
  const running = runs.find(({ run }) => run.outcome === null);
  const open = runs.flatMap(({ approvals }) => approvals).find(({ status }) => status.is === 'open');
  const known = (text: string) => `${MARKS.done.emoji} ok: ${text}`;
  const unknown = (text: string) => `${MARKS.uncertain.emoji} not known: ${text}`;
  const bad = (text: string) => `${MARKS.failed.emoji} failed: ${text}`;
  return [
    serviceFails === null
      ? incident.verified === null
        ? unknown('whether service works, no step has verified it')
        : known(
            `service verified ${clockOf(incident, incident.verified.at)} (${machine(incident.verified.evidence, 80)})`,
          )
      : bad(`the service check fails right now (${machine(serviceFails, 120)})`),
    running === undefined
      ? known('no run is active')
      : bad(`${running.run.id} is still running. Wait, or abort it first`),
    open === undefined
      ? known('no approval is open')
      : bad(`${open.id} is still open. Veto it or let it end`),
    incident.occurredAt === null
      ? unknown('when it began')
      : known(`began ${clockOf(incident, incident.occurredAt)}`),
    incident.detectedAt === null
      ? unknown('when it was detected')
      : known(`detected ${clockOf(incident, incident.detectedAt)}`),
  ];
}

/** The incident card for people outside its channel. */
export function renderIncidentDetails(incidentView: IncidentView): View {
  const blocks = renderIncidentCard(incidentView).blocks.filter(
    (block): block is Exclude<Block, { type: 'actions' }> => block.type !== 'actions',
  );
  return view('notice', incidentView.incident.id, {}, ...blocks);
}

const TIMELINE_SHOWN = 200;

/** The newest entries, oldest first; all of them are in the report. Lines come from render/timeline.ts. */
export function renderTimeline(incidentId: string, lines: readonly string[]): View {
  const left = lines.length - TIMELINE_SHOWN;
  const note = left > 0 ? [`${left} earlier entries are left out: /dr report ${incidentId} holds all.`] : [];
  return view(
    'notice',
    'Timeline',
    {},
    ...sections(...note, ...lines.slice(-TIMELINE_SHOWN)),
    context('Times are UTC'),
  );
}
