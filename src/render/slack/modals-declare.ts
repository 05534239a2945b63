import type { Iso } from '../../domain/events.ts';
import type { Incident } from '../../domain/incident.ts';
import type { People } from '../../domain/people.ts';
import { type Plan, Severity } from '../../domain/plan.ts';
import { cleanText, clip } from '../escape.ts';
import { between, dualInstant, duration, instant } from '../format.ts';
import { STATUS_WORDS, severityWords } from '../words.ts';
import {
  actions,
  type Block,
  button,
  type Message,
  message,
  option,
  section,
  type View,
  view,
} from './blocks.ts';
import { type DeclareDraft, encodeDraft } from './declare-draft.ts';
import { checkField, choiceField, input, textField, timeField } from './fields.ts';
import type { FieldId } from './ids.ts';
import { renderNotice } from './modals.ts';
import { channelOf, editable, label, machine, personName, quoted } from './text.ts';

/** The form of `/dr declare` and what may follow it (CARDS §2). */

export interface DeclareForm {
  /** Plans in force, in alphabetical order. */
  readonly plans: readonly Plan[];
  /** The system that is chosen, or preselected: the only one, the channel's, the one typed. */
  readonly system: string | null;
  /** Open incidents, newest first. */
  readonly open: readonly Incident[];
  readonly people: People;
  readonly given: {
    readonly title?: string;
    readonly severity?: Severity;
    readonly impact?: string;
    readonly occurredAt?: Iso;
    /** The alert it is declared from. */
    readonly alert?: string;
    /** The open incident beside which it is wanted: that was asked already. */
    readonly besides?: string;
  };
  /** Notes about plans: `The plan for Veza has 2 errors, so its last good version …`. */
  readonly notes: readonly string[];
  readonly now: Date;
}

const OPEN_SHOWN = 3;

export function renderDeclareForm(form: DeclareForm): View {
  const { plans, system, given, notes } = form;
  if (plans.length === 0)
    return renderNotice('Declare an incident', [
      'No plan is loaded, so nothing can be declared. Add one to the plans folder; its first version is read at once.',
    ]);
  const plan = plans.find((each) => each.system === system) ?? null;
  const systems = plans.map((each) => option(label(each.name), each.system));
  const severities = Severity.options.map((severity) => {
    const { label: word, means } = severityWords(plan ?? {}, severity);
    return option(label(`${severity} · ${word}`), severity, label(means));
  });
  return view(
    'incident.declare',
    'Declare an incident',
    {
      submit: 'Declare',
      close: 'Cancel',
      carried: {
        ...(given.alert === undefined ? {} : { alert: given.alert }),
        ...(given.besides === undefined ? {} : { incident: given.besides }),
      },
    },
    openNow(form),
    notes.length === 0 ? null : section(...notes.map((note) => machine(note, 200))),
    input('system', 'System', choiceField(systems, system, 'select'), { dispatch: 'declare.choose-system' }),
    input(
      'title',
      'What is wrong?',
      textField({
        max: 300,
        initial: editable(given.title ?? null, 300),
        placeholder: 'Sign-in fails for most customers',
      }),
    ),
    input(
      'severity',
      'Severity',
      choiceField(severities, given.severity ?? plan?.defaultSeverity ?? 'SEV2'),
      {
        hint: 'Unsure? Take the higher one. It can be changed at any time.',
      },
    ),
    input(
      'impact',
      'Who or what is affected?',
      textField({ max: 500, multiline: true, initial: editable(given.impact ?? null, 500) }),
      { optional: true },
    ),
    input('began', 'When did it begin?', timeField(given.occurredAt ?? null), {
      optional: true,
      hint: 'Empty means not known yet. It sets the data-loss clock.',
    }),
    input('options', 'Options', checkField([option('This is a drill', 'drill')]), { optional: true }),
  );
}

function openNow({ open, people, now }: DeclareForm): Block | null {
  if (open.length === 0) return null;
  const lines = open.slice(0, OPEN_SHOWN).map((incident) => {
    const age = duration(between(incident.declaredAt, now));
    return quoted(
      `${incident.id} ${machine(incident.system)}, ${incident.severity}, ${age}, declared by ${personName(people, incident.declaredBy)}:`,
      incident.title,
      120,
    );
  });
  const more = open.length > OPEN_SHOWN ? `and ${open.length - OPEN_SHOWN} more: /dr list` : null;
  return section('*Open now*', ...lines, more);
}

export type DeclareFault =
  | { readonly is: 'no-system' }
  | { readonly is: 'too-short' }
  | { readonly is: 'too-long'; readonly length: number }
  | { readonly is: 'future'; readonly at: Date; readonly now: Date }
  | { readonly is: 'long-ago'; readonly at: Date; readonly now: Date }
  | { readonly is: 'unreadable'; readonly field: FieldId };

/** The words under a field; the form stays open. */
export function declareFault(fault: DeclareFault): { readonly field: FieldId; readonly text: string } {
  switch (fault.is) {
    case 'no-system':
      return {
        field: 'system',
        text: 'Choose a system. If none fits, choose the nearest and say so in the title.',
      };
    case 'too-short':
      return { field: 'title', text: 'Say in a few words what people notice, for example "Sign-in fails".' };
    case 'too-long':
      return {
        field: 'title',
        text: `${fault.length} of 120 characters. Put the rest under "Who or what is affected?".`,
      };
    case 'future':
      return {
        field: 'began',
        text: `That is ${duration(between(fault.now, fault.at))} in the future (now ${instant(fault.now)}). Choose a past time, or leave it empty.`,
      };
    case 'long-ago':
      return {
        field: 'began',
        text: `That is ${duration(between(fault.at, fault.now))} ago. If it is right, send the form once more.`,
      };
    case 'unreadable':
      return { field: fault.field, text: 'This field holds no readable text.' };
  }
}

/** Something like it is open already: join it, raise it, or go on. */
export interface NearDuplicate {
  readonly incident: Incident;
  readonly systemName: string;
  readonly people: People;
  readonly draft: DeclareDraft;
}

export function renderNearDuplicate(near: NearDuplicate): View {
  const { incident, draft } = near;
  const choices = [
    option(`Join ${incident.id}`, 'join', 'You are added to its channel. Your text becomes a note.'),
    ...(raises(near)
      ? [
          option(
            `Raise it to ${draft.severity}`,
            'raise',
            'Same incident, new severity. Its people are told.',
          ),
        ]
      : []),
    option('Declare a new one', 'declare', 'For a different fault.'),
  ];
  const form = view(
    'incident.near-duplicate',
    'Already declared?',
    { submit: 'Go on', close: 'Cancel' },
    nearBlock(near),
    input('choice', 'What would you like to do?', choiceField(choices, 'join')),
  );
  return { ...form, private_metadata: encodeDraft(draft) };
}

/** The form's own limit. Encoded, a character becomes nine at most, so that the longest title fits a button. */
const MAX_CARRIED_TITLE = 120;

/** The same choice for a typed command, as an ephemeral. *Declare a new one* carries the typed title into the form. */
export function nearDuplicateReply(near: NearDuplicate): Message {
  const { incident, draft } = near;
  const ids = { incident: incident.id, system: draft.system };
  const title = clip(cleanText(draft.title), MAX_CARRIED_TITLE);
  return message(
    `${incident.id} is open for ${machine(near.systemName)}. Nothing was declared yet.`,
    nearBlock(near),
    actions(
      button('incident.join', `Join ${incident.id}`, ids, { style: 'primary' }),
      raises(near)
        ? button(
            'incident.raise',
            `Raise to ${draft.severity}`,
            { ...ids, choice: draft.severity },
            { says: `Raise ${incident.id} to ${draft.severity}` },
          )
        : null,
      button('incident.declare-anyway', 'Declare a new one', {
        ...ids,
        choice: draft.severity,
        ...(title === '' ? {} : { title }),
      }),
    ),
  );
}

function raises({ incident, draft }: NearDuplicate): boolean {
  return draft.severity < incident.severity;
}

function nearBlock({ incident, systemName, people }: NearDuplicate): Block {
  const { commander } = incident.roles;
  return section(
    quoted(
      `${incident.id} is open for ${machine(systemName)}. ${personName(people, incident.declaredBy)} wrote:`,
      incident.title,
      200,
    ),
    `${incident.severity} · ${STATUS_WORDS[incident.status].word} · declared ${dualInstant(incident.declaredAt)} by ${personName(people, incident.declaredBy)} · commander ${commander === null ? 'nobody yet' : personName(people, commander)}`,
  );
}

/** Shown at once after submit, until the channel is there. */
export function renderDeclaring(incidentId: string): View {
  return view(
    'notice',
    'Declaring',
    {},
    section(`${incidentId} is recorded. Making its channel.`, 'You can close this; the work goes on.'),
  );
}

export function renderDeclared(incident: Incident): View {
  const channel = channelOf(incident);
  return view(
    'notice',
    `${incident.id} is open`,
    {},
    section(
      channel === null
        ? 'Its channel is not made yet; the incident goes on without it.'
        : `Channel: ${channel}`,
      incident.roles.commander === null ? 'Nobody is commander yet: press Take command there.' : null,
    ),
  );
}
