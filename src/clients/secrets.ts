import { readFileSync } from 'node:fs';
import type { SecretRef } from '../domain/connections.ts';
import { AppError, messageOf } from '../errors.ts';

/** Shorter values are words of ordinary text; hiding them would only make messages unreadable. */
const SHORTEST_HIDDEN = 6;
const HIDDEN = '[hidden]';

/** Every secret this process has seen. One set for all clients, because an error may carry another client's secret. */
const seen = new Set<string>();

/**
 * The value behind `env:NAME` or `file:/path`, read anew each time, so that a rotated file is picked up. The error names
 * the reference and never the value. What is returned is hidden by `scrub` from then on.
 */
export function resolveSecret(ref: SecretRef): string {
  const value = ref.startsWith('env:') ? fromEnvironment(ref) : fromFile(ref);
  if (value === '')
    throw new AppError('config-invalid', `The secret ${ref} is empty. Set it, then try again.`);
  remember(value);
  return value;
}

/** Takes every secret ever resolved, and the password of anything that looks like a URL with one, out of a text. */
export function scrub(text: string): string {
  let clean = text;
  for (const secret of [...seen].sort((a, b) => b.length - a.length))
    clean = clean.replaceAll(secret, HIDDEN);
  return clean.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+@/gi, `$1${HIDDEN}@`);
}

function fromEnvironment(ref: SecretRef): string {
  const name = ref.slice('env:'.length);
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new AppError(
    'config-invalid',
    `The secret ${ref} is not set. Set the environment variable ${name} of the bot.`,
  );
}

function fromFile(ref: SecretRef): string {
  try {
    return readFileSync(ref.slice('file:'.length), 'utf8').trimEnd();
  } catch (error) {
    throw new AppError('config-invalid', `The secret ${ref} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/**
 * Makes `scrub` hide a value. A connection string is a secret as a whole, and so is the password in it, as it is written
 * and as it is meant; a cluster's Secret holds the whole in base64.
 */
export function remember(value: string): void {
  const password = URL.canParse(value) ? new URL(value).password : '';
  for (const secret of [value, password, decoded(password), Buffer.from(value).toString('base64')])
    if (secret.length >= SHORTEST_HIDDEN) seen.add(secret);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
