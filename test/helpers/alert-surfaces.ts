import { renderAlertCard } from '../../src/render/slack/alert-card.ts';
import { renderAlertDetails } from '../../src/render/slack/alert-details.ts';
import { renderAcknowledge, renderSnoozeAlert } from '../../src/render/slack/alert-modals.ts';
import { postOfAlert } from '../../src/render/slack/alert-posts.ts';
import { backupsHome, renderBackups, renderBackupsDetails } from '../../src/render/slack/backups-list.ts';
import { renderRestoreTest, renderRestoreTestForm } from '../../src/render/slack/backups-restore-test.ts';
import { message } from '../../src/render/slack/blocks.ts';
import { renderDigest } from '../../src/render/slack/digest.ts';
import { ALERT, alertView, groupView, HOUR, night, tooOld, unreadable } from './sample-alerts.ts';
import { backupsModel, digest, manyLines, restoreTest } from './sample-backups.ts';
import type { Texts } from './sample-story.ts';
import type { Surface } from './surfaces.ts';

/** Every surface of the backup watch in every state, drawn from the same texts. */
export function alertSurfaces(texts: Partial<Texts>): readonly Surface[] {
  const { note, fact } = texts;
  const old = tooOld({}, texts);
  const older = { ...old, measure: { kind: 'age', value: 31 * HOUR, limit: 25 * HOUR, unit: 'ms' } } as const;
  const lost = unreadable({}, texts);
  const acknowledged = ALERT.acknowledged(note);
  const snoozed = ALERT.snoozed(note);
  const worse = ALERT.worse(older);
  const closed = ALERT.closed(fact);
  const ended = {
    kind: 'alert.acknowledgement-ended',
    by: 'ben',
    at: night('09:00:00').toISOString(),
  } as const;
  const log = [acknowledged, ended, snoozed, worse, ALERT.told, ALERT.declared, closed].map((event) => ({
    at: night('05:00:00'),
    event,
  }));
  const bare = {
    backup: null,
    component: null,
    checkedAt: null,
    nextCheckAt: null,
    lastRestoreProved: null,
    newestGood: null,
  };
  const views = {
    firing: alertView(old, [ALERT.told]),
    'firing without a backup': alertView(
      { ...old, backup: null, consequence: null, facts: [], since: null, measure: null },
      [],
      bare,
    ),
    warning: alertView({ ...old, health: 'warning' }),
    'not known': alertView(lost),
    'not known twice': alertView(lost, [ALERT.worse(lost, '03:15:00')]),
    worse: alertView(older, [worse], { now: night('09:00:05') }),
    acknowledged: alertView(old, [acknowledged]),
    'acknowledged without a note': alertView(old, [ALERT.acknowledged(null)]),
    snoozed: alertView(old, [snoozed]),
    declared: alertView(old, [acknowledged, ALERT.declared]),
    closed: alertView(old, [ALERT.told, closed], { now: night('04:31:12') }),
    grouped: groupView([old, lost, ...Array.from({ length: 20 }, () => lost)], (index) =>
      index === 3 ? [acknowledged] : index === 4 ? [snoozed] : index === 5 ? [closed] : [],
    ),
    'grouped by one cause': groupView([lost, lost, lost, lost]),
    'grouped and declared': groupView([lost, lost, lost, lost], () => [ALERT.declared]),
    'grouped and closed': groupView([lost, lost, lost, lost], () => [closed]),
  };
  return [
    ...Object.entries(views).flatMap(([name, view]): readonly Surface[] => [
      [`alert card ${name}`, renderAlertCard(view)],
      [
        `alert card with all around it ${name}`,
        renderAlertCard(
          view,
          { 'INC-2026-016': 'https://example.slack.com/archives/C016' },
          { fileId: 'F0CHART', alt: 'Age rose from 2 h to 26 h; limit 25 h crossed at 03:00 UTC' },
        ),
      ],
      [`acknowledge ${name}`, renderAcknowledge(view)],
      [`snooze alert ${name}`, renderSnoozeAlert(view)],
      [`alert details ${name}`, renderAlertDetails(view, log)],
      ...log.flatMap(({ event }): readonly Surface[] => {
        const post = postOfAlert(view, event, view.alert.first);
        return post === null ? [] : [[`post of ${event.kind} ${name}`, post.message]];
      }),
    ]),
    ...backupSurfaces(texts),
  ];
}

function backupSurfaces(texts: Partial<Texts>): readonly Surface[] {
  const many = backupsModel({ lines: manyLines(200, texts) }, texts);
  const screens = {
    few: backupsModel({}, texts),
    none: backupsModel({ lines: [], lastRanAt: null }),
    'none of one system': backupsModel({ lines: [], system: 'janua' }),
    many,
    'many, the healthy ones too': { ...many, healthyShown: true },
  };
  const choices = [
    {
      system: 'janua',
      systemName: 'Janua',
      test: 'monthly',
      title: texts.fact ?? 'Restore the dump',
      backup: 'pg-daily',
      lastAt: null,
    },
  ];
  const tests = [
    restoreTest(),
    restoreTest({ outcome: 'failed', reason: texts.fact ?? 'at step 6', left: 2 }),
    restoreTest({ rows: null, lossMs: null, durationMs: 2 * HOUR }),
  ];
  return [
    ...Object.entries(screens).flatMap(([name, model]): readonly Surface[] => [
      [`backups ${name}`, renderBackups(model)],
      [`details of backups ${name}`, renderBackupsDetails(model)],
      [`backups at home ${name}`, message('Backups', ...backupsHome(model))],
    ]),
    ...tests.map((shown, index): Surface => [`restore test ${index}`, renderRestoreTest(shown)]),
    ['restore test form', renderRestoreTestForm(choices, null)],
    ['restore test form without tests', renderRestoreTestForm([], null)],
    ['digest', renderDigest(digest({}, texts))],
    ['empty digest', renderDigest(digest({ lines: [], alerts: [], tests: [], sizes: [], lastRanAt: null }))],
    [
      'long digest',
      renderDigest(
        digest({
          lines: manyLines(60, texts),
          alerts: Array.from({ length: 40 }, () => digest({}, texts).alerts).flat(),
          tests: Array.from({ length: 20 }, () => tests).flat(),
        }),
      ),
    ],
  ];
}
