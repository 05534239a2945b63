import { expect, test } from 'vitest';
import { unnumbered } from '../../src/jobs/preview.ts';

test('a run that has no number yet is not called RUN-0, wherever it is told of', () => {
  const preview = unnumbered({
    lines: ['Restore into `janua_run0`, owned by RUN-0', 'Leaves `janua_run01` alone'],
    bound: { database: 'janua_run0' },
    shown: [{ name: 'copy', value: '`janua_run0`' }],
    undo: ['rename `janua_before_run0` back'],
    blocked: ['`janua_run0` exists'],
    output: { database: 'janua_run0' },
  });

  expect(preview).toEqual({
    lines: ['Restore into `janua_run…`, owned by this run', 'Leaves `janua_run01` alone'],
    // What later steps are previewed with keeps the name itself.
    bound: { database: 'janua_run0' },
    shown: [{ name: 'copy', value: '`janua_run…`' }],
    undo: ['rename `janua_before_run…` back'],
    blocked: ['`janua_run…` exists'],
    output: { database: 'janua_run0' },
  });
});
