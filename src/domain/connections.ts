import { z } from 'zod';

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a short name like "janua-primary"');
/** Secrets are never written into the file: `env:NAME` or `file:/run/secrets/x`, resolved inside the client. */
const SecretRef = z
  .string()
  .regex(
    /^(env:[A-Z][A-Z0-9_]*|file:\/.+)$/,
    'expected a reference like "env:JANUA_PG_URL" or "file:/run/secrets/janua"',
  );
export type SecretRef = z.infer<typeof SecretRef>;

const Postgres = z.strictObject({
  /** The restoring role: CREATEDB, member of the owner role, not superuser. */
  url: SecretRef,
  /** Pre-creates extensions that only an administrator may create. Optional: trusted ones need none. */
  adminUrl: SecretRef.optional(),
  /** Logins of the application's own roles, for the grant check after a restore (X12). */
  roleUrls: z.record(z.string(), SecretRef).default({}),
});

const Kubernetes = z.strictObject({
  kubeconfig: SecretRef,
  context: z.string(),
  /** UID of the namespace kube-system: a wrong context is refused by it. */
  uid: z.string(),
});

const Aws = {
  region: z.string(),
  endpoint: z.url().optional(),
  accessKeyId: SecretRef.optional(),
  secretAccessKey: SecretRef.optional(),
};

/** `connections.yml`: where outside systems are. Plans name these; drills bind other ones. */
export const Connections = z.strictObject({
  postgres: z.record(Name, Postgres).default({}),
  kubernetes: z.record(Name, Kubernetes).default({}),
  s3: z
    .record(
      Name,
      z.strictObject({
        bucket: z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected a bucket name like "janua-backups"'),
        ...Aws,
      }),
    )
    .default({}),
  sns: z.record(Name, z.strictObject({ topicArn: z.string().startsWith('arn:'), ...Aws })).default({}),
  redis: z.record(Name, z.strictObject({ url: SecretRef })).default({}),
  /** The only hosts http.check may ask, as `host` or `host:port` (SSRF, SLACK.md §3.3 row 24). */
  http: z
    .strictObject({
      allow: z.array(z.string()).default([]),
      /** The only addresses that may get a POST, which may change something: `janua.example/login`. */
      post: z
        .array(z.string().regex(/^[^/\s?#]+\/[^\s?#]*$/, 'expected host and path like "janua.example/login"'))
        .default([]),
    })
    .prefault({}),
  /** Values that k8s.patchSecret writes and http.check sends; a plan names them and never holds them. */
  secrets: z.record(Name, SecretRef).default({}),
  /** Plain values that differ per environment; a plan says `${vars.janua-url}`. Never secrets. */
  vars: z.record(Name, z.string().max(500)).default({}),
  /** Client tools with known holes are refused unless their reason is written here (SLACK.md §0.6). */
  allowVulnerableClients: z.string().max(300).optional(),
});
export type Connections = z.infer<typeof Connections>;
