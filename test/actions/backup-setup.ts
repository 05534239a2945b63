import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAws } from '../../sandbox/aws.ts';
import { createClients } from '../../src/clients/index.ts';
import type { Programs } from '../../src/clients/programs.ts';
import { Connections } from '../../src/domain/connections.ts';
import { contextFor, type Given } from './context.ts';
import { startFaultyS3 } from './faulty-s3.ts';

export const PREFIX = 'postgres/daily/';
export const NOW = new Date('2026-11-21T02:14:40Z');

/** The key of Janua's dump of a time like `20261121_020004`. */
export const keyOf = (stamp: string, ending = 'sql.gz') => `${PREFIX}postgres_janua_${stamp}.${ending}`;

/** An S3 with Janua's bucket behind connections that can be made to fail, and what an action is given to work on it. */
export async function startBackups({ programs }: { readonly programs?: Programs } = {}) {
  const aws = await startAws();
  const faulty = await startFaultyS3(aws.endpoint);
  process.env.TEST_S3_KEY = aws.credentials.accessKeyId;
  process.env.TEST_S3_SECRET = aws.credentials.secretAccessKey;
  const keys = { accessKeyId: 'env:TEST_S3_KEY', secretAccessKey: 'env:TEST_S3_SECRET' };
  const where = { region: aws.region, endpoint: faulty.endpoint, ...keys };
  const clients = {
    ...createClients(Connections.parse({ s3: { 'janua-backups': { bucket: aws.bucket, ...where } } })),
    ...(programs === undefined ? {} : { programs }),
  };
  const folders: string[] = [];

  /** A work folder of its own for each context, as if another worker had the step. */
  async function step(id: string, given: Given = {}) {
    const workDir = await mkdtemp(join(tmpdir(), 'dr-bot-backup-'));
    folders.push(workDir);
    return contextFor(id, { clients, now: NOW, workDir, ...given });
  }

  async function stop(): Promise<void> {
    await faulty.stop();
    await aws.stop();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** Stores a dump as of the time in its key. */
  async function put(stamp: string, body: Uint8Array, ending?: string): Promise<string> {
    const key = keyOf(stamp, ending);
    const [, y, m, d, h, min, s] = stamp.match(/(....)(..)(..)_(..)(..)(..)/) ?? [];
    await aws.put(key, body, new Date(`${y}-${m}-${d}T${h}:${min}:${s}Z`));
    return key;
  }

  return { aws, faulty, faults: faulty.faults, clients, step, put, stop };
}

export type Backups = Awaited<ReturnType<typeof startBackups>>;

/** The text of a plain dump as pg_dump 15.20 writes it. */
export function plainDump({ rows = 200, tables = 2 } = {}): Buffer {
  const table = (name: string) => [
    `CREATE TABLE public.${name} (`,
    '    id integer NOT NULL,',
    '    mail text',
    ');',
    '',
    `COPY public.${name} (id, mail) FROM stdin;`,
    ...Array.from(
      { length: rows },
      (_, row) => `${row}\tperson-${(row * 2_654_435_761) % 1_000_003}@janua.example`,
    ),
    '\\.',
    '',
  ];
  const lines = [
    '--',
    '-- PostgreSQL database dump',
    '--',
    '',
    '\\restrict k3y',
    '',
    '-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)',
    '-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)',
    '',
    'SET statement_timeout = 0;',
    '',
    ...Array.from({ length: tables }, (_, index) => table(`table_${index}`)).flat(),
    '--',
    '-- PostgreSQL database dump complete',
    '--',
    '',
    '\\unrestrict k3y',
    '',
    '',
  ];
  return Buffer.from(lines.join('\n'));
}
