import { createHash, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { V1Secret } from '@kubernetes/client-node';
import { fingerprintOf } from '../domain/canonical.ts';
import type { SecretRef } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import type { CallOptions, KubernetesApi } from './kubernetes-api.ts';
import { identityOf, type Owner } from './kubernetes-objects.ts';
import { patchAgain } from './kubernetes-patch.ts';
import { remember, resolveSecret } from './secrets.ts';

/** A Secret without its values: they never leave this file. */
export interface SecretView {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly Owner[];
  readonly keys: readonly string[];
  /** The API server refuses every change of its values. */
  readonly immutable: boolean;
  /**
   * Tells a person whether two values of one key are the same, and nothing else. `as` names the key whose value it was,
   * for a copy under another key. Undefined when there is no such key.
   */
  fingerprint(key: string, as?: string): Promise<string | undefined>;
  /** The fingerprint the value behind a reference would have under this key. */
  fingerprintFor(key: string, ref: SecretRef): Promise<string>;
}

/** What one patch of a Secret changes, all of it or nothing. Values are named, never given. */
export interface SecretChange {
  /** null takes an annotation away. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** null takes a key away. */
  readonly values: Readonly<Record<string, ValueSource | null>>;
}

export type ValueSource =
  | { readonly from: SecretRef }
  /** Another key of the same Secret. */
  | { readonly copyOf: string };

type Data = Readonly<Record<string, string>>;

/** Secrets by connection name. No value appears in what these functions return or throw, nor does a library's error. */
export function createSecrets(api: KubernetesApi) {
  const fingerprint = createFingerprints();

  async function load(cluster: string, namespace: string, name: string, options: CallOptions) {
    const found = await api.find(
      cluster,
      `show secret \`${name}\` in \`${namespace}\``,
      [404],
      { ...options, confidential: true },
      ({ core }, request) => core.readNamespacedSecret({ name, namespace }, request),
    );
    if (found === undefined) return undefined;
    const { data = {}, metadata } = found;
    return { view: viewOf(found, data, fingerprint), data, resourceVersion: metadata?.resourceVersion };
  }

  /** Undefined when there is no such Secret. */
  async function readSecret(
    cluster: string,
    namespace: string,
    name: string,
    options: CallOptions,
  ): Promise<SecretView | undefined> {
    return (await load(cluster, namespace, name, options))?.view;
  }

  /**
   * Changes a Secret as `decide` wants it, and only in the state `decide` saw; it looks again after a conflict or a lost
   * reply, as patchDeployment does. Throw in `decide` to stop.
   */
  async function patchSecret(
    cluster: string,
    namespace: string,
    name: string,
    decide: (current: SecretView) => Promise<SecretChange | undefined>,
    options: CallOptions,
  ): Promise<SecretView> {
    return patchAgain(options.signal, async () => {
      const current = await load(cluster, namespace, name, options);
      if (current === undefined) throw missingSecret(cluster, namespace, name);
      const change = await decide(current.view);
      if (change === undefined) return current.view;
      const values = Object.entries(change.values).map(([key, source]) => [
        key,
        source && encodedValue(current.data, source),
      ]);
      const body = {
        metadata: { resourceVersion: current.resourceVersion, annotations: change.annotations },
        data: Object.fromEntries(values),
      };
      const patched = await api.write(
        cluster,
        `change secret \`${name}\` in \`${namespace}\``,
        { ...options, confidential: true },
        ({ core }, request) =>
          core.patchNamespacedSecret({ name, namespace, body, fieldManager: 'dr-bot' }, request),
      );
      return viewOf(patched, patched.data ?? {}, fingerprint);
    });
  }

  return { readSecret, patchSecret };
}

/** kubectl keeps a whole copy of what it applied in this annotation, values and all. */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function viewOf({ metadata, immutable }: V1Secret, data: Data, fingerprintOfValue: Fingerprint): SecretView {
  const { [APPLIED]: _copy, ...annotations } = metadata?.annotations ?? {};
  const identity = identityOf(metadata);
  return {
    ...identity,
    annotations,
    keys: Object.keys(data),
    immutable: immutable ?? false,
    fingerprint: async (key, as = key) => {
      const value = data[key];
      if (value === undefined) return undefined;
      const bytes = Buffer.from(value, 'base64');
      remember(bytes.toString());
      return fingerprintOfValue(bytes, identity.uid, as);
    },
    fingerprintFor: (key, ref) => fingerprintOfValue(Buffer.from(resolveSecret(ref)), identity.uid, key),
  };
}

/** In base64, as the API takes it. */
function encodedValue(data: Data, source: ValueSource): string {
  if ('from' in source) return Buffer.from(resolveSecret(source.from)).toString('base64');
  const value = data[source.copyOf];
  if (value !== undefined) return value;
  throw new AppError('outside-refused', `The secret has no key \`${source.copyOf}\` to copy.`);
}

/** 16 MiB and some 50 ms a try: who has only the fingerprint on a card cannot guess his way to a weak password. */
const COST: ScryptOptions = { N: 2 ** 14, r: 8, p: 1 };
const FINGERPRINT_BYTES = 5;
const scryptAsync = promisify<Buffer, string, number, ScryptOptions, Buffer>(scrypt);

type Fingerprint = (value: Buffer, uid: string, key: string) => Promise<string>;

/** A run looks at the same two values some ten times, the last ones while nothing works: each is worked out once. */
const KEPT_FINGERPRINTS = 64;

function createFingerprints(): Fingerprint {
  const kept = new Map<string, Promise<string>>();
  return async (value, uid, key) => {
    const salt = `${uid}/${key}`;
    const id = createHash('sha256').update(`${salt}\0`).update(value).digest('hex');
    const known = kept.get(id);
    if (known !== undefined) return known;
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= KEPT_FINGERPRINTS) kept.delete(oldest);
    const made = slowFingerprint(value, salt);
    kept.set(id, made);
    made.catch(() => kept.delete(id));
    return made;
  };
}

async function slowFingerprint(value: Buffer, salt: string): Promise<string> {
  const hash = await scryptAsync(value, salt, FINGERPRINT_BYTES, COST);
  return fingerprintOf(hash.toString('hex'));
}

function missingSecret(cluster: string, namespace: string, name: string): AppError {
  return new AppError(
    'outside-refused',
    `Cluster \`${cluster}\` has no secret \`${name}\` in \`${namespace}\`. Check the names in the plan.`,
  );
}
