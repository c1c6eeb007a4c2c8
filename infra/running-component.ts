import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../errors/sluice-error.ts';
import { type Component, type Progress, seconds } from './component.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { StackRecord } from './stack-record.ts';
import { killProcess, stopProcess } from './stop-process.ts';

/** A log that has grown beyond this is put aside, once, when its component starts. */
export const MAX_LOG_BYTES = 10 * 1024 ** 2;
/** Delay before a component that died is started again: doubled each time that it dies soon after. */
export const FIRST_RESTART_DELAY_MS = 250;
export const LONGEST_RESTART_DELAY_MS = 30_000;
export const HEALTHY_AFTER_MS = 60_000;
/** Of what a component has written since its start, this much is searched for its word that it is ready. */
const MAX_TAIL_BYTES = 1024 ** 2;
const LOOK_EVERY_MS = 150;

/** How long to wait before the next start, given how long the last one's process ran and what was waited before. */
export function nextRestartDelayMs(lastDelayMs: number | undefined, ranMs: number): number {
  if (lastDelayMs === undefined || ranMs > HEALTHY_AFTER_MS) return FIRST_RESTART_DELAY_MS;
  return Math.min(lastDelayMs * 2, LONGEST_RESTART_DELAY_MS);
}

/** One component's process: started, watched, started again when it dies, and stopped. */
export class RunningComponent {
  readonly component: Component;
  readonly logPath: string;
  readonly #record: StackRecord;
  readonly #progress: Progress;
  #process: ProcessIdentity | undefined;
  /** How the current process ended, or what kept it from being started at all. */
  #end: string | undefined;
  #wasReady = false;
  #stopping = false;
  #logStart = 0;
  #restartDelayMs: number | undefined;

  constructor(component: Component, logPath: string, record: StackRecord, progress: Progress) {
    this.component = component;
    this.logPath = logPath;
    this.#record = record;
    this.#progress = progress;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether it was told to stop: then its end is no crash. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Starts it and waits until it answers; from then on it is started again whenever it dies. */
  async start(): Promise<void> {
    const { name } = this.component;
    const startedMs = performance.now();
    this.#progress(`${name}: starting (log: ${this.logPath})`, { name, what: 'starting', state: 'going' });
    this.#spawn();
    await this.#waitUntilReady();
    this.#wasReady = true;
    this.#progress(`${name}: ready after ${seconds(startedMs)}`, { name, what: 'starting', state: 'over' });
  }

  async stop(): Promise<void> {
    const { name, stopLimitMs } = this.component;
    const startedMs = performance.now();
    this.#stopping = true;
    if (this.#process !== undefined) {
      const how = await stopProcess(this.#process, stopLimitMs);
      if (how === 'stopped') await this.component.stopped?.();
      const limit = `it had not stopped within ${stopLimitMs / 1000} s`;
      this.#progress(`${name}: ${how === 'killed' ? `killed, as ${limit}` : `stopped after ${seconds(startedMs)}`}`);
    }
    this.#record.remove(name);
  }

  /** Ends it at once, for who has no time. */
  async end(): Promise<void> {
    this.#stopping = true;
    if (this.#process !== undefined) await killProcess(this.#process);
  }

  /** For tests: what a crash or a hang would do. */
  kill(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, signal);
  }

  /** @throws SluiceError SERVICE_FAILED where it ends, is stopped, or does not answer within its limit */
  async #waitUntilReady(): Promise<void> {
    const untilMs = performance.now() + this.component.startLimitMs;
    while (!(await this.component.isReady(this.#logTail()))) {
      const why = this.#whyNotToWait(untilMs);
      if (why !== undefined) {
        throw new SluiceError('SERVICE_FAILED', `${this.component.name} did not start: ${why}.\n${this.#lastLines()}`, {
          remedy: `Its log says more: ${this.logPath}`,
          details: { component: this.component.name },
        });
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  #whyNotToWait(untilMs: number): string | undefined {
    if (this.#stopping) return 'it was told to stop';
    if (this.#end !== undefined) return this.#end;
    return performance.now() > untilMs ? `no answer after ${this.component.startLimitMs / 1000} s` : undefined;
  }

  #spawn(): void {
    const { file, args, environment, folder } = this.component.command();
    const log = openLog(this.logPath);
    this.#logStart = statSync(this.logPath).size;
    this.#end = undefined;
    const child = spawn(file, args, {
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C reaches the supervisor alone, which then stops everything in order.
      detached: true,
      env: { ...process.env, ...environment },
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    closeSync(log);
    const startedMs = performance.now();
    child.once('error', (error) => void this.#onEnd(`${file} could not be run (${error.message})`, startedMs));
    child.once(
      'exit',
      (code, signal) => void this.#onEnd(`it ended (${signal ?? `exit code ${code ?? -1}`})`, startedMs),
    );
    const ports = this.component.ports.map(({ port }) => port);
    const { name } = this.component;
    this.#process = child.pid === undefined ? undefined : this.#record.write(name, child.pid, this.logPath, ports);
  }

  /** One that dies before it was ever ready is not tried again: its start has failed. */
  async #onEnd(how: string, startedMs: number): Promise<void> {
    this.#end = how;
    if (this.#stopping || !this.#wasReady) return;
    const { name } = this.component;
    const delayMs = nextRestartDelayMs(this.#restartDelayMs, performance.now() - startedMs);
    this.#restartDelayMs = delayMs;
    this.#progress(`${name}: ${how}; starting it again in ${delayMs / 1000} s (log: ${this.logPath})`);
    await sleep(delayMs);
    if (this.isStopping) return;
    const againMs = performance.now();
    try {
      this.#spawn();
    } catch (error) {
      return this.#onEnd(error instanceof Error ? error.message : String(error), againMs);
    }
    // One that ends again before it answers is reported, and tried again, by its own end.
    const ready = await this.#waitUntilReady().then(
      () => true,
      () => false,
    );
    if (ready) this.#progress(`${name}: ready again after ${seconds(againMs)}`);
  }

  #logTail(): string {
    return readPart(this.logPath, this.#logStart, MAX_TAIL_BYTES);
  }

  #lastLines(): string {
    const { size } = statSync(this.logPath);
    const tail = readPart(this.logPath, Math.max(this.#logStart, size - 4_096), 4_096);
    return tail.trimEnd().split('\n').slice(-5).join('\n');
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a');
}

function readPart(path: string, from: number, maxBytes: number): string {
  const file = openSync(path, 'r');
  try {
    const part = Buffer.alloc(Math.min(maxBytes, Math.max(0, statSync(path).size - from)));
    return part.toString('utf8', 0, readSync(file, part, 0, part.length, from));
  } finally {
    closeSync(file);
  }
}
