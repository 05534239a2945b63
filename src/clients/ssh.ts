import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';

/** Keeps signatures made for dr-bot from standing for anything else (ssh-keygen(1), -n). */
const NAMESPACE = 'dr-bot';

/** Signs text with a private key or with the agent that holds it. Returns the armoured signature. */
export async function signText(keyPath: string, text: string): Promise<string> {
  const { code, stdout, stderr } = await run(['-Y', 'sign', '-q', '-n', NAMESPACE, '-f', keyPath], text);
  if (code === 0 && stdout.includes('BEGIN SSH SIGNATURE')) return stdout;
  throw new AppError(
    'outside-refused',
    `ssh-keygen could not sign with that key: ${firstLine(stderr)}. Name your private key with DR_SSH_KEY.`,
  );
}

/** True when one of the keys made this signature over exactly this text. No key, no signature. */
export async function verifySignature(
  keys: readonly string[],
  text: string,
  signature: string,
): Promise<boolean> {
  if (keys.length === 0) return false;
  const folder = await mkdtemp(join(tmpdir(), 'dr-vote-'));
  try {
    const allowed = join(folder, 'allowed_signers');
    const file = join(folder, 'signature');
    await writeFile(
      allowed,
      keys.map((key) => `voter namespaces="${NAMESPACE}" ${key.split(' ').slice(0, 2).join(' ')}\n`).join(''),
    );
    await writeFile(file, signature);
    const { code } = await run(
      ['-Y', 'verify', '-q', '-n', NAMESPACE, '-I', 'voter', '-f', allowed, '-s', file],
      text,
    );
    return code === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(
  args: readonly string[],
  input: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-keygen', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', (cause) =>
      reject(new AppError('outside-refused', 'ssh-keygen was not found. Install openssh-client.', { cause })),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
