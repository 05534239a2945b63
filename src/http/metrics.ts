import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Tallies } from '../domain/views.ts';

export interface Health {
  readonly ok: boolean;
  readonly database: string;
  readonly slack: { readonly mode: string; readonly connected: boolean; readonly reason: string };
  /** Work that failed again and again, with the last reason. The rest goes on. */
  readonly stuck: readonly string[];
}

export interface MetricsDeps {
  readonly health: () => Promise<Health>;
  readonly tallies: () => Promise<Tallies>;
}

/** The page for Prometheus: the process, and what one makes alerts of. Read anew for each request; what is unknown is left out. */
export function createMetrics({ health, tallies }: MetricsDeps) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `drbot_${name}`, help, labelNames, registers: [registry] });

  const up = gauge('database_up', '1 while the bot reaches its own database');
  const connected = gauge('slack_connected', '1 while Slack is connected; 0 where it is off, too');
  const stuck = gauge('stuck', 'Jobs and messages that fail again and again: the body of /health names them');
  const open = {
    incidents: gauge('open_incidents', 'Incidents that are neither resolved nor cancelled', 'system'),
    runs: gauge('active_runs', 'Runs that are not over', 'system'),
    approvals: gauge('open_approvals', 'Approvals that wait for people', 'system'),
    alerts: gauge('open_alerts', 'Alerts of the watch that are open', 'system', 'severity'),
  } as const;
  const watched = gauge('watch_age_seconds', 'Since the watch last judged the backups of a system', 'system');

  async function page(): Promise<string> {
    const now = await health();
    const going = now.database === 'ok' ? await tallies().catch(() => null) : null;
    up.set(going === null ? 0 : 1);
    connected.set(now.slack.connected ? 1 : 0);
    stuck.set(now.stuck.length);
    for (const each of [...Object.values(open), watched]) each.reset();
    for (const { what, system, severity, count } of going?.counts ?? []) {
      if (what === 'alerts') open.alerts.set({ system, severity: severity ?? '' }, count);
      else open[what].set({ system }, count);
    }
    for (const { system, seconds } of going?.watched ?? []) watched.set({ system }, seconds);
    return registry.metrics();
  }

  return { page, contentType: registry.contentType };
}
