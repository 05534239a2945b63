import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One temporary folder for everything the sandbox writes, and the list of the programs it runs. */
export type SandboxFolder = Awaited<ReturnType<typeof createSandboxFolder>>;

/**
 * A shell that outlives this process. It reads "add <pid>" and "drop <pid>" lines; when its input ends without "done",
 * this process has died (Ctrl-C, SIGKILL, a crash), and it ends the listed programs, paused ones too, and removes the folder.
 */
const guardScript = `
trap '' INT TERM HUP
pids=' '
while read -r word pid; do
  case $word in
    add) pids="$pids$pid " ;;
    drop) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
    done) exit 0 ;;
  esac
done
kill -INT $pids
kill -CONT $pids
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  alive=
  for pid in $pids; do kill -0 $pid && alive=yes; done
  [ "$alive" ] || break
  sleep 0.2
done
kill -KILL $pids
rm -rf "$1"
`;

/**
 * Makes the folder and its guard. Programs named to `guard` are ended and the folder is removed even if this process is
 * killed. The folder can be passed through by other users, because PostgreSQL refuses to run as root.
 */
export async function createSandboxFolder(prefix = 'dr-sandbox-') {
  const path = await mkdtemp(join(tmpdir(), prefix));
  await chmod(path, 0o711);

  const guardian = spawn('/bin/sh', ['-c', guardScript, 'sandbox-guard', path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => guardian.once('exit', () => resolve()));
  guardian.unref();
  // A guard that is gone must not bring the sandbox down with EPIPE.
  guardian.stdin.on('error', () => undefined);
  if ('unref' in guardian.stdin && typeof guardian.stdin.unref === 'function') guardian.stdin.unref();

  return {
    path,
    guard: (pid: number) => void guardian.stdin.write(`add ${pid}\n`),
    release: (pid: number) => void guardian.stdin.write(`drop ${pid}\n`),
    async remove() {
      await rm(path, { recursive: true, force: true });
      guardian.ref();
      guardian.stdin.end('done\n');
      await ended;
    },
  };
}
