import { sha256 } from '../domain/canonical.ts';
import { historyOf } from '../domain/history.ts';
import type { AlertView } from '../domain/views.ts';
import { messageOf } from '../errors.ts';
import { describeChart } from '../render/alert-picture.ts';
import type { Picture } from '../render/slack/blocks.ts';
import { pictureOf, savePicture } from '../store/alerts.ts';
import { samplesSince } from '../store/watch.ts';
import type { DeliverDeps } from './deliver-parts.ts';
import { uploadPicture } from './deliver-slack.ts';
import { drawChart } from './draw.ts';

const SHOWN_MS = 14 * 86_400_000;
/** A line of one or two points tells nothing that the words do not. */
const LEAST_POINTS = 3;

/**
 * The picture of an alert's number over two weeks, as a file Slack has; null where there is none to draw. It is drawn when
 * the alert fires, and anew when it tells something else. A card without a picture is better than no card: faults are logged.
 */
export async function alertPicture(deps: DeliverDeps, view: AlertView): Promise<Picture | null> {
  const { world } = deps;
  const { alert, now } = view;
  const { db } = world;
  const measure = alert.last.measure;
  if (alert.group !== null || alert.backup === null || measure === null) return null;
  const shows = sha256(JSON.stringify([alert.last, alert.state]));
  const known = await pictureOf(db, alert.id);
  if (known?.shows === shows) return { fileId: known.file, alt: known.alt };
  const from = new Date(now.getTime() - SHOWN_MS);
  const points = historyOf(measure.kind, await samplesSince(db, alert.system, alert.backup, from), now);
  if (points.filter(({ value }) => value !== null).length < LEAST_POINTS) return null;
  try {
    const { kind, unit, limit } = measure;
    const chart = {
      title: `${view.systemName} ${alert.backup}: ${kind}`,
      kind,
      unit,
      points,
      limit: unit === 'share' ? null : limit,
      from,
      to: now,
    };
    const alt = describeChart(chart);
    const file = await uploadPicture(deps.slack, `${alert.id}.png`, await drawChart(chart), alt);
    await savePicture(db, alert.id, { shows, file, alt });
    return { fileId: file, alt };
  } catch (error) {
    world.log({ alert: alert.id, reason: messageOf(error) }, 'the picture of an alert could not be drawn');
    return null;
  }
}
