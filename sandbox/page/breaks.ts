import type { Bot } from '../bot.ts';
import type { DamageName } from '../janua/damage.ts';
import type { Nights } from '../janua/nights.ts';
import type { World } from '../world.ts';
import { BREAKS, type BreakName, type BreakShown, type WorldLine } from './contract.ts';
import type { PageClock } from './page-clock.ts';

type Break = {
  readonly label: string;
  readonly help: string;
  readonly mendLabel: string;
  /** Does it, and says what it did in a sentence. */
  break(): Promise<string>;
  mend(): Promise<string>;
  /** Where the world shows by itself whether it is broken now. */
  isBroken?(): boolean;
};

/** The watch looks every 5 minutes. */
const NOTICED_MS = 5 * 60_000;

function made(nights: World['nights']): Nights {
  if (nights === undefined) throw new Error('Nobody makes backups in this world.');
  return nights;
}

/** What a visitor can break, each with its way back. */
export function createBreaks({ world, bot, clock }: { world: World; bot: Bot; clock: PageClock }) {
  const { damage, slack, aws, kubernetes, nights } = world;
  const broken = new Set<BreakName>();
  let isDamageSeen = false;
  let endOutage = (): void => undefined;

  const repair = async (name: DamageName, said: string) => {
    const undone = await damage.mend(name);
    return undone === 0 ? 'There was nothing left to mend.' : said;
  };

  const breaks: Readonly<Record<BreakName, Break>> = {
    'delete-rows': {
      label: 'Delete rows',
      help: 'A cleaning script goes wrong: most accounts, their sessions and every signing key are deleted.',
      mendLabel: 'Put the rows back',
      break: async () => (await damage.deleteRows()).said,
      mend: () => repair('delete-rows', 'Put the deleted rows back.'),
    },
    'drop-table': {
      label: 'Drop a table',
      help: 'Somebody drops the table oauth_clients in the wrong window.',
      mendLabel: 'Bring the table back',
      break: async () => (await damage.dropTable()).said,
      mend: () => repair('drop-table', 'Brought the table back.'),
    },
    'cut-dump': {
      label: 'Cut off newest dump',
      help: 'The newest good backup loses its second half and keeps its name.',
      mendLabel: 'Restore the dump',
      break: async () => (await damage.cutNewestDump()).said,
      mend: () => repair('cut-dump', 'The newest good backup is whole again.'),
    },
    'empty-dump': {
      label: 'Empty dump',
      help: 'One more backup that reports success and holds nothing.',
      mendLabel: 'Remove the empty dump',
      break: async () => (await damage.emptyDump(await bot.clock.now())).said,
      mend: () => repair('empty-dump', 'Removed the empty backup.'),
    },
    night: {
      label: 'Fail tonight’s backup',
      help: 'The clock moves to this night: pg_dump is killed, and the job reports success with a third of a dump.',
      mendLabel: 'Run the backup again',
      break: async () => {
        const job = made(nights);
        job.failNext();
        const begins = job.next();
        await clock.leapTo(new Date(begins.getTime() + NOTICED_MS));
        return `Moved the clock to this night; the backup of ${begins.toISOString().slice(11, 16)} UTC was cut off.`;
      },
      mend: async () => {
        const { sizeBytes } = await made(nights).runNow();
        await clock.letPass(NOTICED_MS);
        return `Made a good backup of ${(sizeBytes / 1e6).toFixed(1)} MB, and let 5 minutes pass.`;
      },
    },
    slack: {
      label: 'Take Slack down',
      help: 'Slack answers nobody. The bot goes on, and messages appear when Slack is back.',
      mendLabel: 'Bring Slack back',
      break: async () => {
        endOutage = slack.faults.outage();
        return 'Took Slack down.';
      },
      mend: async () => {
        endOutage();
        return 'Brought Slack back.';
      },
      isBroken: slack.faults.isOut,
    },
    s3: {
      label: 'Take S3 away',
      help: 'S3, where the backups are, and SNS cut every connection.',
      mendLabel: 'Bring S3 back',
      break: async () => {
        aws.down();
        return 'Took S3 and SNS away.';
      },
      mend: async () => {
        aws.up();
        return 'Brought S3 and SNS back.';
      },
    },
    kubernetes: {
      label: 'Take Kubernetes away',
      help: 'The API server of the cluster refuses connections. What runs there runs on.',
      mendLabel: 'Bring Kubernetes back',
      break: async () => {
        await kubernetes.control.down();
        return 'Took the API server of Kubernetes away.';
      },
      mend: async () => {
        await kubernetes.control.up();
        return 'Brought the API server of Kubernetes back.';
      },
    },
    bot: {
      label: 'Kill the bot',
      help: 'Ends the process of the bot at once, as kill -9 does, whatever it is doing.',
      mendLabel: 'Start the bot',
      break: async () => {
        await bot.kill();
        return 'Killed the bot.';
      },
      mend: async () => {
        await bot.restart();
        return 'Started the bot.';
      },
      isBroken: () => !bot.isRunning(),
    },
  };

  const isBroken = (name: BreakName) => breaks[name].isBroken?.() ?? broken.has(name);

  return {
    isBroken,

    async break(name: BreakName): Promise<string> {
      if (isBroken(name)) throw new Error(`That is broken already. Press "${breaks[name].mendLabel}" first.`);
      const said = await breaks[name].break();
      broken.add(name);
      return said;
    },

    async mend(name: BreakName): Promise<string> {
      if (!isBroken(name)) throw new Error('That is not broken.');
      const said = await breaks[name].mend();
      broken.delete(name);
      return said;
    },

    /** What the database looks like. Whole after it was seen damaged, it was restored: nothing is left to mend there. */
    dataSeen(state: WorldLine['state'] | undefined): void {
      if (state === 'bad') isDamageSeen = true;
      if (state !== 'ok' || !isDamageSeen) return;
      isDamageSeen = false;
      broken.delete('delete-rows');
      broken.delete('drop-table');
    },

    shown: (): BreakShown[] =>
      BREAKS.filter((name) => name !== 'night' || nights !== undefined).map((name) => {
        const { label, help, mendLabel } = breaks[name];
        return { name, label, help, mendLabel, broken: isBroken(name) };
      }),
  };
}
