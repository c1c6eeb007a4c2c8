import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';
import { UP_LINE } from './supervise.ts';
import type { UpOptions } from './up-options.ts';

const LOOK_EVERY_MS = 150;

/** Runs `up --foreground` in the background, shows what it says until it is up, and leaves it there. */
export async function startInBackground(settings: Settings, options: UpOptions): Promise<void> {
  const logs = join(settings.home, 'logs');
  mkdirSync(logs, { recursive: true });
  const log = join(logs, 'supervisor.log');
  let shownBytes = existsSync(log) ? statSync(log).size : 0;
  const supervisor = spawnSupervisor(options, log);
  // Ctrl-C ends the start; what it had started is stopped by the one who started it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => supervisor.kill('SIGTERM'));
  for (;;) {
    const ended = supervisor.exitCode !== null || supervisor.signalCode !== null;
    const said = readFileSync(log).subarray(shownBytes);
    process.stdout.write(said);
    shownBytes += said.length;
    if (said.includes(UP_LINE)) break;
    if (ended) throw new SluiceError('SERVICE_FAILED', 'Sluice did not come up.', { remedy: `Its log: ${log}` });
    await sleep(LOOK_EVERY_MS);
  }
  supervisor.unref();
  console.log('`sluice status` shows how it goes, and `sluice down` stops it.');
}

function spawnSupervisor({ collector, dashboard, simulate, with: extra }: UpOptions, log: string): ChildProcess {
  const output = openSync(log, 'a');
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const left = [...(collector ? [] : ['--no-collector']), ...(dashboard ? [] : ['--no-dashboard'])];
  const added = extra === undefined ? [] : ['--with', extra];
  const flags = ['--foreground', '--simulate', String(simulate), ...left, ...added];
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'up', ...flags], {
    stdio: ['ignore', output, output],
    detached: true,
  });
}
