import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { SluiceError } from '../errors/sluice-error.ts';
import { isRunning } from '../infra/process-identity.ts';
import { Stack } from '../infra/stack.ts';
import { StackRecord, SUPERVISOR } from '../infra/stack-record.ts';
import { readSettings, type Settings } from '../settings/settings.ts';

interface UpOptions {
  readonly foreground: boolean;
  readonly collector: boolean;
  readonly dashboard: boolean;
  readonly simulate: string;
}

/** What the supervisor says once everything is ready; a detached one is waited for by this line. */
const READY_LINE = 'Sluice is up.';
const LOOK_EVERY_MS = 150;

export function registerUp(program: Command): void {
  program
    .command('up')
    .description(
      'Start the local stack and the main job: servers’ health from Kafka into a Hive table and on a dashboard',
    )
    .option('--foreground', 'stay until Ctrl-C, then stop everything', false)
    .option('--simulate <servers>', 'how many simulated servers the collector adds', '200')
    .option('--no-collector', 'do not collect this machine’s health')
    .option('--no-dashboard', 'do not serve the dashboard')
    .action(async (options: UpOptions) => {
      const settings = readSettings();
      const supervisor = new StackRecord(settings.home).read(SUPERVISOR);
      if (supervisor !== undefined && isRunning(supervisor)) {
        console.log('Sluice is up already.');
        console.log(addresses(settings));
        return;
      }
      if (options.foreground) await supervise(settings, options);
      else await detach(settings, options);
    });
}

/** Starts everything, keeps it running, and stops it when asked to. */
async function supervise(settings: Settings, options: UpOptions): Promise<void> {
  const simulatedServers = Number(options.simulate);
  if (!Number.isInteger(simulatedServers) || simulatedServers < 0) {
    throw new SluiceError('USAGE', `--simulate takes a number of servers, not "${options.simulate}".`);
  }
  const stopAsked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const startedMs = performance.now();
  const starting = Stack.start(settings, {
    own: (['worker', 'collector', 'dashboard'] as const).filter((name) => name === 'worker' || options[name]),
    simulatedServers,
    progress: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
  });
  const record = new StackRecord(settings.home);
  record.write(SUPERVISOR, process.pid, join(settings.home, 'logs', 'supervisor.log'));
  try {
    const stack = await starting;
    console.log(`${READY_LINE} It took ${((performance.now() - startedMs) / 1000).toFixed(1)} s.`);
    console.log(addresses(settings));
    if (options.foreground) console.log('Ctrl-C stops everything.');
    await stopAsked;
    console.log('Stopping …');
    await stack.stop();
  } finally {
    record.remove(SUPERVISOR);
  }
}

/** Runs `up --foreground` in the background, shows what it says until it is ready, and leaves it there. */
async function detach(settings: Settings, options: UpOptions): Promise<void> {
  const logs = join(settings.home, 'logs');
  mkdirSync(logs, { recursive: true });
  const log = join(logs, 'supervisor.log');
  let shown = existsSync(log) ? statSync(log).size : 0;
  const output = openSync(log, 'a');
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const left = (['collector', 'dashboard'] as const).filter((name) => !options[name]).map((name) => `--no-${name}`);
  const flags = ['--foreground', '--simulate', options.simulate, ...left];
  const supervisor = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'up', ...flags], {
    stdio: ['ignore', output, output],
    detached: true,
  });
  supervisor.unref();
  for (;;) {
    const said = readFileSync(log).subarray(shown).toString('utf8');
    process.stdout.write(said);
    shown += Buffer.byteLength(said);
    if (said.includes(READY_LINE)) return;
    if (supervisor.exitCode !== null || supervisor.signalCode !== null)
      throw new SluiceError('SERVICE_FAILED', 'Sluice did not come up.', { remedy: `See ${log}` });
    await sleep(LOOK_EVERY_MS);
  }
}

function addresses(settings: Settings): string {
  const { host, port } = settings.dashboard;
  return `  Dashboard    http://${host}:${port}\n  Temporal UI  ${settings.temporal.uiUrl}\n  Lake         ${settings.lakeUri}`;
}
