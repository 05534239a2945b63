import { z } from 'zod';
import { AppError } from './errors.ts';

const Port = z.coerce
  .number('expected a port number')
  .int('expected a port number')
  .min(0, 'expected a port number')
  .max(65_535, 'expected a port number');
const Url = (example: string) =>
  z.string().refine((text) => URL.canParse(text), `expected a URL like "${example}"`);
const Token = (prefix: string, name: string) =>
  z.string().startsWith(prefix, `expected a ${name} that begins with "${prefix}"`);

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'] as const;
const Mode = z.enum(['socket', 'http', 'off']);

const Common = {
  DR_DATABASE_URL: Url('postgresql://drbot@db.example/drbot'),
  DR_CONFIG: z.string().min(1, 'expected the folder with plans/, people.yml and connections.yml'),
  DR_LOG_LEVEL: z.enum(LEVELS, `expected one of ${LEVELS.join(', ')}`).default('info'),
  DR_WORK_DIR: z.string().min(1).default('/var/tmp/dr-bot'),
  DR_HTTP_HOST: z.string().default('0.0.0.0'),
  DR_HTTP_PORT: Port.default(8080),
  /** Looks at backups and makes restore tests; `off` where another process does. */
  DR_WATCH: z.enum(['on', 'off'], 'expected "on" or "off"').default('on'),
  /** Pinged after each round of the watch: whoever waits for it tells people when the bot is silent. */
  DR_DEAD_MAN_URL: Url('https://hc-ping.example/0a1b').optional(),
  DR_SLACK_API_URL: Url('http://127.0.0.1:4000/api/').optional(),
};

/** Everything the bot reads from its environment. Secrets of recovered systems are read by connections.yml, not here. */
const Environment = z.discriminatedUnion('DR_SLACK_MODE', [
  z.object({ ...Common, DR_SLACK_MODE: z.literal('off') }),
  z.object({
    ...Common,
    DR_SLACK_MODE: z.literal('socket'),
    DR_SLACK_BOT_TOKEN: Token('xoxb-', 'bot token'),
    DR_SLACK_APP_TOKEN: Token('xapp-', 'app token'),
  }),
  z.object({
    ...Common,
    DR_SLACK_MODE: z.literal('http'),
    DR_SLACK_BOT_TOKEN: Token('xoxb-', 'bot token'),
    DR_SLACK_SIGNING_SECRET: z.string().min(8, 'expected the signing secret of the app'),
  }),
]);
export type Config = z.infer<typeof Environment>;

/** Reads the environment; throws `config-invalid` naming every missing or malformed variable at once, never a value. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith('DR_') && value !== ''),
  );
  const mode = Mode.safeParse(given.DR_SLACK_MODE ?? 'socket');
  // An unknown mode must not hide the other faults: they are looked for as if Slack were off.
  const parsed = Environment.safeParse({ ...given, DR_SLACK_MODE: mode.data ?? 'off' });
  if (mode.success && parsed.success) return parsed.data;
  const faults = [
    ...(mode.success ? [] : ['DR_SLACK_MODE: expected "socket", "http" or "off"']),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => {
      const name = String(path[0]);
      return `${name}: ${given[name] === undefined ? 'is missing' : message}`;
    }),
  ];
  throw new AppError(
    'config-invalid',
    `The bot cannot start. ${faults.length === 1 ? 'One of its variables is' : `${faults.length} of its variables are`} missing or malformed (see .env.example):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    { details: faults },
  );
}
