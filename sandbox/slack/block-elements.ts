import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** Slack invents the ids a sender leaves out, anew for each message. */
const generatedId = (): string => randomBytes(4).toString('base64').replace(/=+$/, '');

export const Id = z.string().min(1).max(255).default(generatedId);
const Url = z
  .string()
  .max(3000)
  .regex(/^[a-z]+:\S+$/i, 'must be a URL');

export const plain = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const mrkdwn = (max: number) =>
  z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(max),
    verbatim: z.boolean().optional(),
  });
export const text = (max: number) => z.discriminatedUnion('type', [plain(max), mrkdwn(max)]);

const Confirm = z.strictObject({
  title: plain(100),
  text: text(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
});

/** Sources disagree on 75 or 150 for `value`; the smaller one is safe in both. */
const value = z.string().min(1).max(75);
const Option = z.strictObject({ text: plain(75), value, description: plain(75).optional() });
const RichOption = z.strictObject({ text: text(75), value, description: text(75).optional() });
const OverflowOption = Option.extend({ url: Url.optional() });
export type Option = z.infer<typeof RichOption>;

const OptionGroup = z.strictObject({ label: plain(75), options: z.array(Option).min(1).max(100) });
/** What a `block_suggestion` may be answered with. */
export const Suggestions = z.union([
  z.strictObject({ options: z.array(Option).max(100) }),
  z.strictObject({ option_groups: z.array(OptionGroup).max(100) }),
]);

const actionable = { action_id: Id, confirm: Confirm.optional() };
const focusable = { focus_on_load: z.boolean().optional() };
const placeholder = { placeholder: plain(150).optional() };
const picker = { ...actionable, ...focusable, ...placeholder };
const many = { max_selected_items: z.int().min(1).optional() };
const typed = {
  action_id: Id,
  ...focusable,
  ...placeholder,
  dispatch_action_config: z
    .strictObject({
      trigger_actions_on: z.array(z.enum(['on_enter_pressed', 'on_character_entered'])).min(1),
    })
    .optional(),
};
const conversationFilter = z.strictObject({
  include: z
    .array(z.enum(['im', 'mpim', 'private', 'public']))
    .min(1)
    .optional(),
  exclude_external_shared_channels: z.boolean().optional(),
  exclude_bot_users: z.boolean().optional(),
});
const conversations = {
  default_to_current_conversation: z.boolean().optional(),
  filter: conversationFilter.optional(),
};
const listed = {
  options: z.array(Option).min(1).max(100).optional(),
  option_groups: z.array(OptionGroup).min(1).max(100).optional(),
};

type Listed = { options?: unknown; option_groups?: unknown };
const oneList = (select: Listed): boolean =>
  (select.options === undefined) !== (select.option_groups === undefined);
const oneListMessage = 'must have either options or option_groups';

const sameOption = (a: Option, b: Option): boolean => a.value === b.value && a.text.text === b.text.text;
const initialAreOptions = (element: {
  options: readonly Option[];
  initial_option?: Option | undefined;
  initial_options?: readonly Option[] | undefined;
}): boolean =>
  [...(element.initial_options ?? []), ...(element.initial_option ? [element.initial_option] : [])].every(
    (initial) => element.options.some((option) => sameOption(option, initial)),
  );
const initialMessage = 'initial option must be one of the options';
const flat = (select: {
  options?: readonly Option[] | undefined;
  option_groups?: readonly { options: readonly Option[] }[] | undefined;
}): readonly Option[] => select.options ?? select.option_groups?.flatMap((group) => group.options) ?? [];

const Button = z.strictObject({
  type: z.literal('button'),
  ...actionable,
  text: plain(75),
  value: z.string().max(2000).optional(),
  url: Url.optional(),
  style: z.enum(['primary', 'danger']).optional(),
  accessibility_label: z.string().max(75).optional(),
});
export const Image = z
  .strictObject({
    type: z.literal('image'),
    alt_text: z.string().min(1).max(2000),
    image_url: Url.optional(),
    slack_file: z
      .strictObject({ id: z.string() })
      .or(z.strictObject({ url: z.string() }))
      .optional(),
  })
  .refine((image) => (image.image_url === undefined) !== (image.slack_file === undefined), {
    error: 'must have either image_url or slack_file',
  });
const Overflow = z.strictObject({
  type: z.literal('overflow'),
  ...actionable,
  options: z.array(OverflowOption).min(1).max(5),
});
const Checkboxes = z
  .strictObject({
    type: z.literal('checkboxes'),
    ...actionable,
    ...focusable,
    options: z.array(RichOption).min(1).max(10),
    initial_options: z.array(RichOption).min(1).max(10).optional(),
  })
  .refine(initialAreOptions, { error: initialMessage });
const RadioButtons = z
  .strictObject({
    type: z.literal('radio_buttons'),
    ...actionable,
    ...focusable,
    options: z.array(RichOption).min(1).max(10),
    initial_option: RichOption.optional(),
  })
  .refine(initialAreOptions, { error: initialMessage });
const StaticSelect = z
  .strictObject({
    type: z.literal('static_select'),
    ...picker,
    ...listed,
    initial_option: Option.optional(),
  })
  .refine(oneList, { error: oneListMessage })
  .refine((select) => initialAreOptions({ ...select, options: flat(select) }), { error: initialMessage });
const MultiStaticSelect = z
  .strictObject({
    type: z.literal('multi_static_select'),
    ...picker,
    ...many,
    ...listed,
    initial_options: z.array(Option).min(1).optional(),
  })
  .refine(oneList, { error: oneListMessage })
  .refine((select) => initialAreOptions({ ...select, options: flat(select) }), { error: initialMessage });
const ExternalSelect = z.strictObject({
  type: z.literal('external_select'),
  ...picker,
  initial_option: Option.optional(),
  min_query_length: z.int().min(0).optional(),
});
const UsersSelect = z.strictObject({
  type: z.literal('users_select'),
  ...picker,
  initial_user: z.string().optional(),
});
const MultiUsersSelect = z.strictObject({
  type: z.literal('multi_users_select'),
  ...picker,
  ...many,
  initial_users: z.array(z.string()).optional(),
});
const ChannelsSelect = z.strictObject({
  type: z.literal('channels_select'),
  ...picker,
  initial_channel: z.string().optional(),
  response_url_enabled: z.boolean().optional(),
});
const ConversationsSelect = z.strictObject({
  type: z.literal('conversations_select'),
  ...picker,
  ...conversations,
  initial_conversation: z.string().optional(),
  response_url_enabled: z.boolean().optional(),
});
const Datepicker = z.strictObject({
  type: z.literal('datepicker'),
  ...picker,
  initial_date: z.iso.date().optional(),
});
const Timepicker = z.strictObject({
  type: z.literal('timepicker'),
  ...picker,
  initial_time: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:mm')
    .optional(),
  timezone: z.string().optional(),
});
const DateTimepicker = z.strictObject({
  type: z.literal('datetimepicker'),
  ...actionable,
  ...focusable,
  initial_date_time: z.int().min(1_000_000_000).max(9_999_999_999).optional(),
});
const PlainTextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  ...typed,
  initial_value: z.string().max(3000).optional(),
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(3000).optional(),
  max_length: z.int().min(1).max(3000).optional(),
});
const EmailInput = z.strictObject({
  type: z.literal('email_text_input'),
  ...typed,
  initial_value: z.string().optional(),
});
const UrlInput = z.strictObject({
  type: z.literal('url_text_input'),
  ...typed,
  initial_value: z.string().optional(),
});
const NumberInput = z.strictObject({
  type: z.literal('number_input'),
  ...typed,
  is_decimal_allowed: z.boolean(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
});

const choices = [
  Checkboxes,
  RadioButtons,
  StaticSelect,
  MultiStaticSelect,
  ExternalSelect,
  UsersSelect,
  MultiUsersSelect,
  ChannelsSelect,
  ConversationsSelect,
  Datepicker,
  Timepicker,
  DateTimepicker,
] as const;

export const ActionsElement = z.discriminatedUnion('type', [Button, Overflow, ...choices]);
/** A date and time picker may not sit beside a section's text. */
export const Accessory = z
  .discriminatedUnion('type', [Button, Overflow, Image, ...choices])
  .refine((element) => element.type !== 'datetimepicker', { error: 'unsupported accessory: datetimepicker' });
export const InputElement = z.discriminatedUnion('type', [
  PlainTextInput,
  EmailInput,
  UrlInput,
  NumberInput,
  ...choices,
]);

type Element = z.infer<typeof ActionsElement> | z.infer<typeof InputElement> | z.infer<typeof Accessory>;
export type Interactive = Exclude<Element, { type: 'image' }>;
