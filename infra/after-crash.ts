import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PathLock } from './path-lock.ts';
import { stopLeftovers } from './leftovers.ts';
import { signalGroup } from './stop-process.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
/** Waits for the end of its input, which comes when the supervisor has ended in any way; then it becomes the cleaner. */
const WAIT_THEN_CLEAN = 'cat >/dev/null; exec "$0" --disable-warning=ExperimentalWarning "$1" "$2"';

/** Stops what runs in a home soon after its supervisor was killed too hard to do so; costs a sleeping shell. */
export class AfterCrash {
  readonly #waiting: ChildProcess;

  constructor(home: string) {
    this.#waiting = spawn('sh', ['-c', WAIT_THEN_CLEAN, process.execPath, THIS_FILE, home], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // Without a shell, the next start does the cleaning.
    this.#waiting.once('error', () => undefined);
    this.#waiting.unref();
    // The pipe alone must not keep this process running either.
    (this.#waiting.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  /** There was no crash. */
  dismiss(): void {
    if (this.#waiting.pid !== undefined) signalGroup(this.#waiting.pid, 'SIGKILL');
  }
}

async function clean(home: string): Promise<void> {
  // Who has the lock cleans by itself.
  if ((await PathLock.take(home, 0)) === undefined) return;
  const log = join(home, 'logs', 'supervisor.log');
  await stopLeftovers(home, (line) => appendFileSync(log, `${new Date().toISOString()} ${line}\n`));
}

if (process.argv[1] === THIS_FILE && process.argv[2] !== undefined) await clean(process.argv[2]);
