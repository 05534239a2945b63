import { existsSync, statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Half of what it takes to start a process: the hundreds that the tests start are compiled once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

// The servers that the tests start make and remove thousands of files; in memory, where there is plenty, with half the work.
const MEMORY = '/dev/shm';
const { bavail, bsize } = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
if (bavail * bsize > 4 * 2 ** 30) process.env.TMPDIR ??= MEMORY;

/**
 * `unit` needs nothing, `db` needs PostgreSQL programs, `e2e` starts whole processes; one kind after the other. `s3` needs
 * Ceph, which few machines have, so that `npm test` leaves it out.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    coverage: {
      include: ['src/domain/**'],
      thresholds: { statements: 100, branches: 100, functions: 100, lines: 100 },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.db.test.ts', 'test/e2e/**', 'test/s3/**'],
          // Nothing is kept in modules, so that a worker may take one file after the other: half the time of the processor.
          isolate: false,
          // Most of them wait for pods and sockets, so that more of them than cores may run at once.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'db',
          include: ['test/**/*.db.test.ts'],
          exclude: ['test/e2e/**'],
          globalSetup: ['test/helpers/postgres-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // They wait for a bot, a page or a cluster more than they work.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 's3',
          include: ['test/s3/**/*.test.ts'],
          globalSetup: ['test/s3/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
