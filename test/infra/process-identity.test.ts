import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { identify, isRunning } from '../../infra/process-identity.ts';
import { waitFor } from '../wait-for.ts';

it('knows a running process by its pid and the time of its start', () => {
  const identity = identify(process.pid);
  expect(identity).toEqual({ pid: process.pid, startTicks: expect.stringMatching(/^\d+$/) as string });
  expect(identity !== undefined && isRunning(identity)).toBe(true);
});

it('never takes another process with the same pid for it', () => {
  expect(isRunning({ pid: process.pid, startTicks: '1' })).toBe(false);
});

it('counts neither one that has ended nor a zombie', async () => {
  const child = spawn('sh', ['-c', 'sleep 0 & exec sleep 600']);
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('the child does not run');
  // The shell's own child ends, and is never waited for by what the shell has become.
  const zombie = await waitFor('a zombie', 10_000, () => Promise.resolve(zombieOf(identity.pid)));
  expect(identify(zombie)).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(identity)).toBe(false);
});

/** The child of a process that has ended and is not waited for: proc(5), children and stat. */
function zombieOf(parent: number): number | undefined {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ');
  return children.map(Number).find((pid) => pid > 0 && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}
