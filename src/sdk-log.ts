type Log = (fields: Record<string, unknown>, message: string) => void;

/**
 * A logger for Slack's packages: warnings become lines of our log. Their debug output is dropped, because it holds whole
 * payloads, and nothing is written past our log, which hides secrets.
 */
export function sdkLog(from: string, log: Log) {
  const say = (...message: unknown[]) => log({ from }, message.map(String).join(' ').slice(0, 300));
  return {
    debug: () => {},
    info: () => {},
    warn: say,
    error: say,
    setLevel: () => {},
    getLevel: () => 'warn' as never,
    setName: () => {},
  };
}
