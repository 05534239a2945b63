import type { Interactive } from '../../../slack/block-elements.ts';
import { type ActionValue, useDesk } from '../desk.ts';
import { useHost } from '../host.ts';
import { html } from '../html.ts';
import { type Choice, choiceOf, initialOf } from '../values.ts';
import { Checks, Radios } from './checks.ts';
import { Combobox } from './combobox.ts';
import { DateTimeField, TextField } from './fields.ts';
import { ButtonElement, OverflowElement, usePress } from './press.ts';
import { Select } from './select.ts';

/** How a control is named and described: ids of its label, hint and error. */
export type Naming = {
  readonly id: string;
  readonly labelledBy: string | undefined;
  readonly label: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
};

export type FieldProps<Element> = {
  readonly element: Element;
  readonly naming: Naming;
  readonly value: ActionValue;
  readonly optional: boolean;
  /** Keeps the value; `now` also tells the bot where it wants to know. */
  readonly onValue: (value: ActionValue, now?: 'now') => void;
};

type ElementProps = {
  readonly element: Interactive;
  readonly blockId: string;
  readonly naming: Naming;
  /** A field of a form keeps its value until it is sent; a control elsewhere tells the bot at once. */
  readonly kept: boolean;
  readonly dispatches?: boolean;
  readonly optional?: boolean;
};

/** Any element of Block Kit that a person can use. */
export function Element({
  element,
  blockId,
  naming,
  kept,
  dispatches = false,
  optional = true,
}: ElementProps) {
  const host = useHost();
  const { press } = usePress(element);
  const key = kept ? blockId : `${blockId}/${element.action_id}`;
  const value = host.read(key) ?? (kept ? null : initialOf(element));

  const onValue = async (next: ActionValue, now?: 'now') => {
    host.write(key, next);
    const tells = !kept || (dispatches && (now === 'now' || !isTyped(element)));
    if (tells && !(await press(next))) host.write(key, value);
  };
  const props = { element, naming, value, optional, onValue };
  return field(element, props);
}

const isTyped = ({ type }: Interactive): boolean => type.endsWith('_input');

function field(element: Interactive, props: FieldProps<Interactive>) {
  switch (element.type) {
    case 'button':
      return html`<${ButtonElement} element=${element} />`;
    case 'overflow':
      return html`<${OverflowElement} element=${element} />`;
    case 'static_select':
      return html`<${Select} ...${props} />`;
    case 'radio_buttons':
      return html`<${Radios} ...${props} />`;
    case 'checkboxes':
      return html`<${Checks} ...${props} />`;
    case 'datepicker':
    case 'timepicker':
    case 'datetimepicker':
      return html`<${DateTimeField} ...${props} />`;
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return html`<${TextField} ...${props} />`;
    default:
      return html`<${Listed} ...${props} />`;
  }
}

type Searched = Extract<
  Interactive,
  {
    type:
      | 'multi_static_select'
      | 'external_select'
      | 'users_select'
      | 'multi_users_select'
      | 'channels_select'
      | 'conversations_select';
  }
>;

/** A searchable list: of people, channels, or options of which several may be chosen. */
function Listed(props: FieldProps<Searched>) {
  const { state } = useDesk();
  const { element } = props;
  const people = (): Choice[] =>
    state.people.map(({ id, name, role }) => ({ value: id, text: name, note: role }));
  const channels = (): Choice[] =>
    state.channels
      .filter(({ kind }) => kind === 'channel')
      .map(({ id, name }) => ({ value: id, text: `#${name}` }));
  const choices = (): readonly Choice[] => {
    switch (element.type) {
      case 'users_select':
      case 'multi_users_select':
        return people();
      case 'channels_select':
        return channels();
      case 'conversations_select':
        return [...channels(), ...people()];
      case 'external_select':
        return element.initial_option ? [choiceOf(element.initial_option)] : [];
      case 'multi_static_select':
        return (element.options ?? element.option_groups?.flatMap(({ options }) => options) ?? []).map(
          choiceOf,
        );
    }
  };
  return html`<${Combobox}
    ...${props}
    choices=${choices()}
    free=${element.type === 'external_select'}
    many=${element.type.startsWith('multi_')}
    atMost=${'max_selected_items' in element ? element.max_selected_items : undefined}
    placeholder=${element.placeholder?.text ?? 'Type to search'}
  />`;
}
