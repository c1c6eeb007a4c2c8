import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

const LOOK_EVERY_MS = 25;

/** Asks a process, and then its whole group, to end; kills the group where it has not within the limit. */
export async function stopProcess(process_: ProcessIdentity, graceMs: number): Promise<'gone' | 'stopped' | 'killed'> {
  if (!isRunning(process_)) return 'gone';
  signal(process_.pid, 'SIGTERM');
  // A stopped process can't hear the signal until it is continued.
  signal(process_.pid, 'SIGCONT');
  if (await ends(process_, graceMs)) return 'stopped';
  signal(-process_.pid, 'SIGKILL');
  signal(process_.pid, 'SIGKILL');
  await ends(process_, graceMs);
  return 'killed';
}

async function ends(process_: ProcessIdentity, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (isRunning(process_)) {
    if (performance.now() > until) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already: that is what was wanted.
  }
}
