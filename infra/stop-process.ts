import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

const LOOK_EVERY_MS = 25;
/** SIGKILL can't be refused, but a process in a system call of the kernel's may take a moment to be gone. */
const KILL_LIMIT_MS = 5_000;

/** Asks a process to end; kills its whole group where it has not within the limit. */
export async function stopProcess(process_: ProcessIdentity, graceMs: number): Promise<'gone' | 'stopped' | 'killed'> {
  if (!isRunning(process_)) return 'gone';
  signalOne(process_.pid, 'SIGTERM');
  // A stopped process can't hear the signal until it is continued.
  signalOne(process_.pid, 'SIGCONT');
  if (await ends(process_, graceMs)) return 'stopped';
  await killProcess(process_);
  return 'killed';
}

/** Ends a process and its group at once. */
export async function killProcess(process_: ProcessIdentity): Promise<void> {
  if (!isRunning(process_)) return;
  signalGroup(process_.pid, 'SIGKILL');
  signalOne(process_.pid, 'SIGKILL');
  await ends(process_, KILL_LIMIT_MS);
}

/** `pid` leads the group; one that is gone already is as it was wanted. */
export function signalGroup(pid: number, name: NodeJS.Signals): void {
  signalOne(-pid, name);
}

async function ends(process_: ProcessIdentity, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (isRunning(process_)) {
    if (performance.now() > until) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function signalOne(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already: that is what was wanted.
  }
}
