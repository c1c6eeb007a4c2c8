import type { Progress } from './component.ts';
import { isRunning } from './process-identity.ts';
import { type ProcessRecord, StackRecord, SUPERVISOR } from './stack-record.ts';
import { stopProcess } from './stop-process.ts';

const LEFTOVER_STOP_LIMIT_MS = 10_000;

/**
 * Stops what a supervisor that crashed left running in this home; only for who has the home's lock.
 * A process is stopped only where it is the very one that was recorded, never another with its pid.
 * @returns how many still ran
 */
export async function stopLeftovers(home: string, progress: Progress): Promise<number> {
  const record = new StackRecord(home);
  const leftovers = record.all().filter(({ name }) => name !== SUPERVISOR);
  const stopped = await Promise.all(leftovers.map((leftover) => stopOne(leftover, progress)));
  for (const { name } of leftovers) record.remove(name);
  record.remove(SUPERVISOR);
  return stopped.filter(Boolean).length;
}

async function stopOne(leftover: ProcessRecord, progress: Progress): Promise<boolean> {
  if (!isRunning(leftover)) return false;
  progress(`${leftover.name}: found running from before (pid ${leftover.pid}); stopping it`);
  await stopProcess(leftover, LEFTOVER_STOP_LIMIT_MS);
  return true;
}
