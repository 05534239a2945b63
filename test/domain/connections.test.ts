import { describe, expect, test } from 'vitest';
import { Connections } from '../../src/domain/connections.ts';

describe('connections.yml', () => {
  test('an empty file connects nothing', () => {
    expect(Connections.parse({})).toEqual({
      postgres: {},
      kubernetes: {},
      s3: {},
      sns: {},
      redis: {},
      http: { allow: [], post: [] },
      secrets: {},
      vars: {},
    });
  });

  test.each([
    ['a secret itself', { redis: { cache: { url: 'redis://:secret@host' } } }],
    ['a bucket that is none', { s3: { backups: { bucket: 'No_Bucket', region: 'eu-west-1' } } }],
    ['a topic without its ARN', { sns: { alerts: { topicArn: 'alerts', region: 'eu-west-1' } } }],
    ['a cluster without its UID', { kubernetes: { prod: { kubeconfig: 'env:KUBE', context: 'prod' } } }],
    ['a misspelt section', { postgress: {} }],
  ])('%s is refused', (_, file) => {
    expect(Connections.safeParse(file).success).toBe(false);
  });

  test.each(['env:JANUA_PG_URL', 'file:/run/secrets/janua'])('a secret is a reference like %s', (url) => {
    expect(Connections.parse({ redis: { cache: { url } } }).redis).toEqual({ cache: { url } });
  });
});
