import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What is read of Slack's requests, parsed once at the edge. Everything else in them is ignored. */
const Named = z.object({ id: z.string() });

export const SlashCommand = z.object({
  command: z.string(),
  text: z.string().default(''),
  user_id: z.string(),
  team_id: z.string().default(''),
  channel_id: z.string(),
  trigger_id: z.string(),
});
export type SlashCommand = z.infer<typeof SlashCommand>;

/** A message that names the bot. One by a bot (`bot_id`) is not a person's. */
export const Mention = z.object({
  user: z.string(),
  bot_id: z.undefined().optional(),
  text: z.string(),
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
});
export type Mention = z.infer<typeof Mention>;

const Value = z.object({
  type: z.string().optional(),
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
  selected_date_time: z.number().nullish(),
  selected_user: z.string().nullish(),
});
const State = z.object({ values: z.record(z.string(), z.record(z.string(), Value)) });

export const BlockActions = z.object({
  type: z.literal('block_actions'),
  user: Named,
  team: Named.nullish(),
  trigger_id: z.string(),
  channel: Named.nullish(),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }).nullish(),
  view: z
    .object({
      id: z.string(),
      type: z.string().default('modal'),
      callback_id: z.string().default(''),
      private_metadata: z.string().default(''),
      state: State.nullish(),
    })
    .nullish(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        block_id: z.string(),
        action_ts: z.string().default(''),
        value: z.string().nullish(),
        selected_option: z.object({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
});
export type BlockActions = z.infer<typeof BlockActions>;

export const ViewSubmission = z.object({
  type: z.literal('view_submission'),
  user: Named,
  team: Named.nullish(),
  trigger_id: z.string(),
  view: z.object({
    id: z.string(),
    callback_id: z.string(),
    private_metadata: z.string().default(''),
    state: State,
  }),
});
export type ViewSubmission = z.infer<typeof ViewSubmission>;

/** Fields of a form by block id: text, the chosen value, the chosen values joined by commas, or an ISO time. */
export type Fields = Readonly<Record<string, string>>;

export function fieldsOf(state: z.infer<typeof State> | null | undefined): Fields {
  const fields: Record<string, string> = {};
  for (const [block, elements] of Object.entries(state?.values ?? {})) {
    const [element] = Object.values(elements);
    const text = element === undefined ? undefined : textOf(element);
    if (text !== undefined) fields[block] = text;
  }
  return fields;
}

function textOf(element: z.infer<typeof Value>): string | undefined {
  if (element.selected_date_time) return new Date(element.selected_date_time * 1000).toISOString();
  if (element.selected_options) return element.selected_options.map(({ value }) => value).join(',');
  return element.value ?? element.selected_option?.value ?? element.selected_user ?? undefined;
}

/** Keys by which a request is known again, however often it is delivered (SLACK.md §2.1). */
export const keyOf = {
  command: (body: SlashCommand) => `command/${digest(body.trigger_id)}`,
  action: (body: BlockActions) =>
    `action/${body.team?.id ?? ''}/${body.user.id}/${body.actions[0]?.action_ts}/${body.actions[0]?.action_id}/${body.actions[0]?.block_id}`,
  // Not the view and its hash: after an error under a field the same text may be sent again.
  view: (body: ViewSubmission) => `view/${digest(body.trigger_id)}`,
};

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Decodes what `should_escape` encoded, once, after people and channels were taken out as `<@U1|ana>`. */
export function decodeText(text: string): string {
  return text
    .replace(/<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>/g, '$1')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
