import type { App } from '@slack/bolt';
import { z } from 'zod';
import type { Answer, PageState } from '../../../sandbox/page/contract.ts';
import { servePage, type WorldSide } from '../../../sandbox/page/server.ts';
import { type Slack, startSlack } from '../../../sandbox/slack/index.ts';
import { startSocketApp } from '../slack/bolt-app.ts';

const Said = z.union([
  z.strictObject({ ok: z.literal(true), said: z.string().nullable() }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

export type TestPage = Awaited<ReturnType<typeof open>>;

/** A world with nothing in it, which says what was asked of it. */
const nowhere: WorldSide = {
  shown: () => ({
    now: '2026-11-21T02:12:05.000Z',
    slack: 'up',
    bot: 'up',
    sections: [],
    breaks: [],
    said: [],
    traffic: [],
  }),
  guide: () => ({ steps: [], done: false, playing: false, playingNow: null }),
  perform: async (act) => ({ ok: true, said: JSON.stringify(act) }),
  onChange: () => () => undefined,
  watched: () => undefined,
};

/** Runs `story` at a page over a workspace of its own, with a real Bolt app in it where `register` says what it does. */
export async function atPage(
  story: (page: TestPage) => Promise<void>,
  register?: (app: App) => void,
): Promise<void> {
  const slack = await startSlack();
  const app = register && (await startSocketApp(slack, register));
  const page = await open(slack);
  try {
    await story(page);
  } finally {
    await page.stop();
    await app?.stop();
    await slack.stop();
  }
}

async function open(slack: Slack) {
  const served = await servePage({ slack, side: nowhere, approvers: new Set(['ana', 'ben']), port: 0 });
  const { url } = served;

  const post = (path: string, body: unknown) => postTo(`${url}${path}`, body);

  return {
    ...served,
    slack,
    post,
    act: async (as: string, act: Record<string, unknown>) => (await post('/api/act', { as, ...act })).answer,
    channel: (name: string) => slack.channel(name).id,
    /** What the page shows this person now. */
    state: (as: string) => untilShown(url, as, () => true),
    states: (as: string) => statesOf(url, as),
  };
}

/** What the page answers, whatever is sent. */
export async function postTo(url: string, body: unknown): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: Said.parse(await response.json()) };
}

/** Looks at an open page until it shows what is waited for. */
export async function untilShown(
  url: string,
  as: string,
  shows: (state: PageState) => boolean,
): Promise<PageState> {
  for await (const state of statesOf(url, as)) if (shows(state)) return state;
  throw new Error('the page was closed before it showed that');
}

/** The states that an open page is sent, one after the other. */
async function* statesOf(url: string, as: string): AsyncGenerator<PageState, void> {
  const leaving = new AbortController();
  const { body } = await fetch(`${url}/api/live?as=${as}`, { signal: leaving.signal });
  let text = '';
  try {
    for await (const chunk of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events)
        if (event.startsWith('data: ')) yield JSON.parse(event.slice('data: '.length));
    }
  } finally {
    leaving.abort();
  }
}
