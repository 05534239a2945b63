import { describe, expect, it } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { renderReport } from '../../src/render/report.ts';
import { reportOf, section } from './report-text.ts';
import { said, TOLD, toldUntil, viewAt } from './story.ts';

describe('the report of a resolved incident', () => {
  const report = reportOf(viewAt('04:00'));

  it('says id, start, end, duration, severity and impact', () => {
    expect(report).toMatch(/^# Post-incident report INC-2026-014: Sign-in fails for most customers\n/);
    for (const row of [
      '| Start | 21 Nov 2026 02:04:56 UTC |',
      '| End | 21 Nov 2026 03:20:10 UTC |',
      '| Duration | 1 h 15 min |',
      '| Severity | SEV1, Critical |',
    ])
      expect(report).toContain(row);
    expect(section(report, '4. Impact')).toContain('> All regions. Login and token refresh return 500.');
  });

  it('names the roles in their order, however the database keeps them', () => {
    const view = viewAt('04:00');
    const { scribe, deputy, liaison, commander } = view.incident.roles;
    const shuffled = {
      ...view,
      incident: { ...view.incident, roles: { deputy, scribe, liaison, commander } },
    };

    expect(reportOf(shuffled)).toMatch(/\| Roles \| commander [^|]*; deputy [^|]*; scribe [^|]*; liaison /);
  });

  it('keeps beginning, detection and declaration apart from recovery, restoration and resolution', () => {
    const times = section(report, '2. Key times');

    for (const row of [
      '| Began | 21 Nov 2026 02:04:56 UTC |',
      '| Detected | 21 Nov 2026 02:09:00 UTC | 4 min 4 s |',
      '| Declared | 21 Nov 2026 02:12:04 UTC | 7 min 8 s |',
      '| Recovery started | 21 Nov 2026 02:14:40 UTC | 9 min 44 s | start of RUN-31 |',
      '| Service restored | 21 Nov 2026 02:27:30 UTC | 22 min 34 s | RUN-31: http.check, 5 of 5 answered 200 |',
      '| Resolved | 21 Nov 2026 03:20:10 UTC | 1 h 15 min | the log |',
    ])
      expect(times).toContain(row);
  });

  it('sets what was achieved against the objectives, with evidence, and waiting apart', () => {
    const part = section(report, '3. Recovery objectives');

    expect(part).toContain(
      '| Time to recover (RTA, objective RTO) | 1 h | 15 min 26 s | met | RUN-31: http.check, 5 of 5 answered 200 |',
    );
    expect(part).toContain(
      '| Recovery point (RPA, objective RPO) | 5 min | 4 min 52 s | met | 21 Nov 2026 02:00:04 UTC, postgres_janua_20261121_020004.dump, SHA-256 9f2c41d0 |',
    );
    expect(part).toContain('| Waiting for people, within the time to recover | 8 min 21 s |');
    expect(part).toContain('| Work of the bot and its steps, within the time to recover | 7 min 5 s |');
    expect(part).toContain(
      'The RTO clock starts when the disruption was declared (plan): 21 Nov 2026 02:12:04 UTC.',
    );
  });

  it('tells the timeline with the number of each event', () => {
    const part = section(report, '7. Timeline');

    expect(part).toContain(
      '| 02:12:04 | Ana declared INC-2026-014 for Janua, SEV1: "Sign-in fails for most customers". | 101 |',
    );
    expect(part.match(/^\| \d\d:/gm)?.length).toBeGreaterThan(30);
  });

  it('shows every step of every run with attempts, lengths and outputs', () => {
    const part = section(report, '### RUN-31');

    expect(part).toContain(
      '| 2 | Verify the backup | done | 02:14:46 | 23 s | 2 (attempt 1: S3 did not answer) | complete, 214,600 rows |',
    );
    expect(part).toContain(
      '| 4 | Confirm the encryption key | skipped | not started | not started | 0 | inputs.before does not hold |',
    );
    expect(part.match(/^\| \d+ \|/gm)).toHaveLength(9);
    expect(part).toContain(
      'Gate "Cut over to the restored database" opened at 02:26:42 UTC by APR-57 and ended 10 s later, done; 3 steps.',
    );
    expect(part).toContain('- Step 6 Swap the databases: kept `janua_before_run31`');
  });

  it('shows who approved what, when, through which door and on which digest', () => {
    const part = section(report, '### APR-57');

    expect(part).toContain('- Fingerprint RRXK-X2J1, digest `c63b3e8a41');
    expect(part).toMatch(
      /\| Ana Duarte \| 21 Nov 2026 02:19:10 UTC \| Slack \| `U0000000ANA` \| `c63b3e8a41/,
    );
    expect(part).toMatch(
      /\| Ben Okoye \| 21 Nov 2026 02:26:41 UTC \| terminal, signed with an SSH key \| `ben` \|/,
    );
    expect(section(report, '### Clicks that were refused')).toContain(
      '| 02:20:30 UTC | nobody in people.yml | `U0000000DAN` | APR-57 | `not-in-people-file` | 122 |',
    );
  });

  it('counts communication against its promise', () => {
    const part = section(report, '10. Communication');

    expect(part).toContain(
      '- Updates on time: 3 of 3 due; 3 updates posted, one every 30 min promised.\n- Longest silence: 28 min 12 s.',
    );
    expect(part).toContain(
      '| 3 | 02:58:00 | 02:56:12 | yes | Chloe Martin | Monitoring | The watch of 15 min ended with 0 errors. | 148 |',
    );
  });

  it('lists action items with owner and due date, lessons, and what is still missing', () => {
    expect(section(report, '11. Action items')).toContain(
      '| 1 | Run migrations on a copy first | Ben Okoye | 1 Dec 2026 |',
    );
    expect(section(report, '12. Lessons')).toContain('- The second approver was asleep for 7 minutes');
    expect(section(report, '13. Completeness')).toContain(
      '10 of 12 parts are complete. Still missing:\n\n- why it was not prevented\n- gaps in monitoring',
    );
  });

  it('says that the log was verified, or that nothing is proved', () => {
    const view = viewAt('04:00');

    expect(report).toContain(
      'Log verified: 51 events of this incident, numbers 101 to 151; the chain of hashes is unbroken.',
    );
    expect(reportOf({ ...view, audit: { ...view.audit, verified: false } })).toContain(
      '**The log could not be verified.**',
    );
  });

  it('is the same bytes for the same facts, whenever it is written and however often', () => {
    const again = [
      ...TOLD,
      [
        '03:40:00',
        BOT,
        'incident',
        'INC-2026-014',
        { kind: 'incident.report-written', revision: 1, sha256: 'a', bytes: 9 },
      ] as const,
    ];

    expect(reportOf(viewAt('2026-11-25T00:00:00Z', again))).toBe(report);
  });
});

describe('the report of an incident that goes on', () => {
  const report = reportOf(viewAt('02:15'));

  it('says "not known" with the reason, and never 0', () => {
    expect(report).toContain('| 1 h | not known: the service is not verified yet | not known | none |');
    expect(report).toContain('| 5 min | not known: no recovery point has been recorded | not known | none |');
    expect(report).toContain('| End | not known: the incident goes on |');
    expect(report).toContain('Data lost, as measured: not known: it was not measured.');
    expect(report).toContain('_Still missing: the incident is not resolved yet._');
    expect(report).not.toMatch(/\b(0 s|0 rows)\b/);
    expect(report).not.toMatch(/undefined|null|NaN|\| +\|/);
  });

  it('shows the failed step and that nobody was asked for approval', () => {
    expect(report).toContain(
      '| 2 | Verify the backup | failed | 02:14:46 | 4 s | 1 (attempt 1: S3 did not answer) | S3 did not answer |',
    );
    expect(report).toContain('No approval was asked for.');
    expect(report).toContain('No click was refused.');
    expect(report).toContain('No update was published.');
  });

  it('that was declared by mistake says so', () => {
    const told = toldUntil('02:13', said('02:14', { kind: 'incident.cancelled', reason: 'a false alarm' }));

    const cancelled = reportOf(viewAt('03:00', told));

    expect(cancelled).toContain('Report owner: not known: the incident was cancelled.');
    expect(cancelled).toContain('| End | 21 Nov 2026 02:14:00 UTC |');
  });

  it('of which nothing is known still is a whole document', () => {
    const bare = reportOf(viewAt('02:12:05', toldUntil('02:12:05')));

    expect(bare).toContain('No runbook was run.');
    expect(bare).toContain('| Start | not known: the time it began is missing |');
    expect(bare).not.toMatch(/undefined|null|NaN/);
  });
});

it('names the template and the variable when the template is wrong', () => {
  expect(() => renderReport(viewAt('04:00'), '{{ nonsense }}')).toThrow(
    /^templates\/report\/post-incident\.md: undefined variable: nonsense.*Nothing was written/,
  );
});

it('says DRILL first in the report of a drill', () => {
  const view = viewAt('04:00');

  expect(reportOf({ ...view, incident: { ...view.incident, id: 'DRILL-2026-003' } })).toMatch(
    /^# Post-incident report DRILL-2026-003.*\n\n\*\*DRILL\.\*\*/,
  );
});
