import pino from 'pino';

export type Log = pino.Logger;

/** JSON lines on stderr. Secrets are references and never get here; these paths are the second fence. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'token',
          '*.token',
          'password',
          '*.password',
          'authorization',
          '*.authorization',
          'err.config',
          'err.original.config',
        ],
        censor: '[hidden]',
      },
    },
    pino.destination(2),
  );
}
