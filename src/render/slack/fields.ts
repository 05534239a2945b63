import { clip } from '../escape.ts';
import { type Block, type Field, type Option, plain } from './blocks.ts';
import { type ActionId, FIELD_ACTION, type FieldId } from './ids.ts';

/** The fields of forms. */

interface InputOptions {
  readonly hint?: string | undefined;
  readonly optional?: boolean;
  /** Set: a change of this field is sent at once, under this name. */
  readonly dispatch?: ActionId;
}

export function input(id: FieldId, label: string, field: Field, options: InputOptions = {}): Block {
  const { hint, optional = false, dispatch } = options;
  return {
    type: 'input',
    block_id: id,
    label: plain(label, 150),
    ...(hint === undefined || hint === '' ? {} : { hint: plain(hint, 300) }),
    optional,
    dispatch_action: dispatch !== undefined,
    element: dispatch === undefined ? field : { ...field, action_id: dispatch },
  };
}

export function textField(options: {
  max: number;
  min?: number;
  multiline?: boolean;
  initial?: string | null;
  placeholder?: string;
}): Field {
  const { max, min, multiline = false, initial, placeholder } = options;
  return {
    type: 'plain_text_input',
    action_id: FIELD_ACTION,
    multiline,
    max_length: max,
    ...(min === undefined ? {} : { min_length: min }),
    ...(initial == null || initial === '' ? {} : { initial_value: clip(initial, max) }),
    ...(placeholder === undefined ? {} : { placeholder: plain(placeholder, 150) }),
  };
}

/** Radio buttons up to ten options, else a select. `chosen` is a value; one that is not offered is ignored. */
export function choiceField(options: readonly Option[], chosen?: string | null, as?: 'select'): Field {
  const shown = options.slice(0, 100);
  const initial = shown.find(({ value }) => value === chosen);
  return {
    type: as === 'select' || shown.length > 10 ? 'static_select' : 'radio_buttons',
    action_id: FIELD_ACTION,
    options: shown,
    ...(initial === undefined ? {} : { initial_option: initial }),
  };
}

export function checkField(options: readonly Option[]): Field {
  return { type: 'checkboxes', action_id: FIELD_ACTION, options };
}

export function timeField(initial: string | null = null): Field {
  return {
    type: 'datetimepicker',
    action_id: FIELD_ACTION,
    ...(initial === null ? {} : { initial_date_time: Math.floor(Date.parse(initial) / 1000) }),
  };
}
