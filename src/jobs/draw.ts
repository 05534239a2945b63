import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AlertChart } from '../render/alert-picture.ts';

const PROGRAM = fileURLToPath(new URL('./draw-process.ts', import.meta.url));
const LONGEST_MS = 30_000;

/**
 * The picture of an alert as a PNG of 1,200 × 680. A process of its own draws it, because the libraries keep 130 MB that the
 * bot has no use for until the next alert (a thread would not give them back). It knows no secret: its environment is empty.
 */
export function drawChart(chart: AlertChart): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const drawing = fork(PROGRAM, {
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      timeout: LONGEST_MS,
    });
    drawing.once('error', reject);
    drawing.once('message', (png) => {
      if (png instanceof Uint8Array) resolve(png);
    });
    drawing.once('exit', (code, signal) =>
      reject(new Error(`the picture was not drawn: its process ended with ${signal ?? code}`)),
    );
    drawing.send({ ...chart });
  });
}
