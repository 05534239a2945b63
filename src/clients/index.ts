import type { Connections } from '../domain/connections.ts';
import { createHttp } from './http.ts';
import { createKubernetes } from './kubernetes.ts';
import { createPgBackRest } from './pgbackrest.ts';
import { createPostgres } from './postgres.ts';
import { createPrograms } from './programs.ts';
import { createRedis } from './redis.ts';
import { createS3 } from './s3.ts';
import { createSns } from './sns.ts';

/** Every outside system by the name `connections.yml` gives it. Nothing is opened before it is used. */
export type Clients = ReturnType<typeof createClients>;

export function createClients(connections: Connections) {
  return {
    postgres: createPostgres(connections),
    kubernetes: createKubernetes(connections),
    s3: createS3(connections),
    sns: createSns(connections),
    redis: createRedis(connections),
    http: createHttp(connections),
    programs: createPrograms(connections),
    pgbackrest: createPgBackRest(),
    vars: connections.vars,
    /** References by name; only a client resolves them. */
    secrets: connections.secrets,
  };
}
