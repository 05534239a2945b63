import { describe, expect, it } from 'vitest';
import { exportRunbook } from '../../src/render/plan-export.ts';
import { plan } from './story.ts';

const byHand = (uses: string) =>
  uses === 'k8s.scale' ? ['kubectl scale deployment janua-api -n janua --replicas=0', 'echo ```'] : [];

describe('a runbook for the day the bot is gone', () => {
  const text = exportRunbook(plan, 'restore-postgres', byHand);

  it('numbers every step as the cards do, gates in their place', () => {
    expect([...text.matchAll(/^#### (\d+)\. (.*)$/gm)].map((match) => match[2])).toEqual([
      'Find the newest good backup',
      'Verify the backup',
      'Restore into a scratch database',
      'Confirm the encryption key',
      'Stop everything that writes',
      'Swap the databases',
      'Start what was stopped',
      'Sign in with the test account',
      'Watch for 15 minutes',
    ]);
    expect(text.indexOf('### Stop: Cut over')).toBeLessThan(text.indexOf('#### 5.'));
    expect(text.indexOf('End of the gate')).toBeGreaterThan(text.indexOf('#### 7.'));
  });

  it('gives exact commands, in a fence that nothing in them can close', () => {
    expect(text).toContain(
      '````sh\nkubectl scale deployment janua-api -n janua --replicas=0\necho ```\n````',
    );
  });

  it('says who approves a gate, and what must be decided first', () => {
    expect(text).toContain(
      '**Two of ana, ben and mina approve it in writing first; the person who asks may be one.**',
    );
    expect(text).toContain('What stops working: Sign-in and token refresh for everyone, for some seconds.');
    expect(text).toContain('- `${inputs.before}`: Restore point.');
  });

  it('says so where no command is known, with what the bot would have been told', () => {
    expect(text).toContain('No command is known for `backup.find`; 1 parameter: backup `pg-daily`.');
    expect(text).toContain('Only when `inputs.before`.');
    expect(text).toContain('Give up after 15 min.');
  });

  it('says where to find the values a command leaves open', () => {
    const shown = exportRunbook(plan, 'restore-postgres', (uses) =>
      uses === 'pg.restore'
        ? ['psql -d ${find.database} -f ${find.key} # ${inputs.before} ${vars.url}']
        : uses === 'manual'
          ? ['# compare the keys', '#   twice']
          : [],
    );

    expect(shown).toContain(
      'Fill in from step 1: `${find.database}` and `${find.key}`. Fill in from what was decided first: `${inputs.before}`. Fill in from connections.yml: `${vars.url}`.',
    );
    expect(shown).toContain('Only when `inputs.before`.\n\nCompare the keys\n\n- twice\n');
  });

  it('asks for two others and the typed name where a gate cannot be undone', () => {
    const steps = [
      {
        gate: 'drop',
        title: 'Drop the kept database',
        impact: 'The way back is gone',
        confirmName: 'janua',
        steps: [{ id: 'drop', title: 'Drop it', uses: 'manual', with: { instruction: 'drop it by hand' } }],
      },
    ];
    const { expected: _, scenario: __, ...runbook } = plan.runbooks['restore-postgres'] ?? { steps: [] };
    const changed = {
      ...plan,
      runbooks: {
        drop: {
          ...runbook,
          steps,
          component: 'postgres',
          title: 'Drop',
          inputs: {
            which: {
              label: 'Which',
              hint: 'One name',
              type: 'choice',
              options: [
                { value: 'a', label: 'A' },
                { value: 'b', label: 'B' },
              ],
              default: 'a',
              required: true,
            },
          },
        },
      },
    } as typeof plan;

    const shown = exportRunbook(changed, 'drop', () => []);

    expect(shown).toContain('approve it in writing first; not the person who asks.**');
    expect(shown).toContain('Each approver writes the name `janua`: it cannot be undone.');
    expect(shown).toContain('By hand: Drop it by hand');
    expect(shown).toContain('- `${inputs.which}`: Which. One name. One of `a` or `b`. Usually `a`.');
    expect(shown).toContain('| Time | not known: the plan does not say |');
  });

  it('answers for a runbook that is not there', () => {
    expect(exportRunbook(plan, 'gone', byHand)).toBe('There is no runbook `gone` in Janua.\n');
  });
});
