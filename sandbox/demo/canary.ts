import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bot } from '../bot.ts';
import { queryOnce } from '../postgres.ts';
import type { VezaWorld } from '../world.ts';

const EVERY_MS = 100;

/** Looks for passwords of the world where none may ever be: from now on in the list of processes, at the end everywhere. */
export function watchForSecrets(world: VezaWorld, bot: Bot) {
  const { veza } = world;
  const urls = [veza.primary, veza.standby].flatMap((server) =>
    (['veza_user', 'dr_failover', 'veza_replicator'] as const).map((role) => veza.url(server, role)),
  );
  const canaries = [
    ...new Set(urls.flatMap((url) => [new URL(url).password, Buffer.from(url).toString('base64')])),
  ];
  const found = new Set<string>();
  const look = (place: string, text: string) => {
    if (canaries.some((canary) => text.includes(canary))) found.add(place);
  };

  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
        look('the list of processes', await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  })();

  return {
    /** The places that hold one; how many places were looked at shows that the look was real. */
    async stop(): Promise<{ found: readonly string[]; looked: number }> {
      stopped = true;
      await watching;
      const events = await queryOnce(
        world.bot.superuserUrl,
        "select convert_from(canon, 'UTF8') as text from public.events union all select state::text from public.runs union all select state::text from public.approvals",
      );
      const calls = world.slack.calls();
      const files = await textsIn(world.env.DR_WORK_DIR ?? '', world.configDir);
      for (const { text } of events) look('the log', String(text));
      for (const call of calls) look('a call of Slack', JSON.stringify(call));
      for (const file of files) look('a file of the bot', file);
      for (const line of bot.lines) look('a line of the bot', line);
      return { found: [...found], looked: events.length + calls.length + files.length + bot.lines.length };
    },
  };
}

async function textsIn(...folders: readonly string[]): Promise<string[]> {
  const listed = await Promise.all(
    folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
  );
  const files = listed.flat().filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
}
