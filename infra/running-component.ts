import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Component, Progress } from './component.ts';
import { seconds } from './maven.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import type { StackRecord } from './stack-record.ts';
import { stopProcess } from './stop-process.ts';

/** A log that has grown beyond this is put aside, once, when its component starts. */
export const MAX_LOG_BYTES = 10 * 1024 ** 2;
/** Delay before a component that died is started again: doubled each time it dies soon after. */
const FIRST_RESTART_DELAY_MS = 250;
const LONGEST_RESTART_DELAY_MS = 30_000;
const HEALTHY_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 150;

/** One component's process: started, watched, started again when it dies, and stopped. */
export class RunningComponent {
  readonly component: Component;
  readonly logPath: string;
  readonly #record: StackRecord;
  readonly #progress: Progress;
  #process: ProcessIdentity | undefined;
  #stopping = false;
  #logStart = 0;
  #restartDelayMs = FIRST_RESTART_DELAY_MS;

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

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const startedMs = performance.now();
    this.#spawn();
    await this.waitUntilReady();
    this.#progress(`${this.component.name}: ready after ${seconds(startedMs)} (log: ${this.logPath})`);
  }

  async waitUntilReady(): Promise<void> {
    const untilMs = performance.now() + this.component.startLimitMs;
    while (!(await this.component.isReady(this.#logTail()))) {
      const died = this.#process === undefined || !isRunning(this.#process);
      if (died || this.#stopping || performance.now() > untilMs) {
        const why = died ? 'it ended' : `it does not answer after ${this.component.startLimitMs / 1000} s`;
        throw new SluiceError('SERVICE_FAILED', `${this.component.name} did not start: ${why}.\n${this.#lastLines()}`, {
          remedy: `Its log says more: ${this.logPath}`,
        });
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#process !== undefined) await stopProcess(this.#process, this.component.stopLimitMs);
    this.#record.remove(this.component.name);
  }

  /** For tests: what a crash or a hang would do. */
  kill(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) process.kill(this.#process.pid, signal);
  }

  #spawn(): void {
    const { file, args, environment, folder } = this.component.command();
    const log = openLog(this.logPath);
    this.#logStart = statSync(this.logPath).size;
    const child = spawn(file, args, {
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C reaches the supervisor alone, which then stops everything in order.
      detached: true,
      env: { ...process.env, ...environment },
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    closeSync(log);
    const startedMs = performance.now();
    child.once('error', () => undefined);
    child.once('exit', (code, signal) => void this.#onExit(signal ?? `exit code ${code ?? -1}`, startedMs));
    this.#process =
      child.pid === undefined ? undefined : this.#record.write(this.component.name, child.pid, this.logPath);
  }

  async #onExit(how: string, startedMs: number): Promise<void> {
    if (this.#stopping) return;
    if (performance.now() - startedMs > HEALTHY_AFTER_MS) this.#restartDelayMs = FIRST_RESTART_DELAY_MS;
    this.#progress(`${this.component.name}: ended (${how}); starting it again in ${this.#restartDelayMs / 1000} s`);
    await sleep(this.#restartDelayMs);
    this.#restartDelayMs = Math.min(this.#restartDelayMs * 2, LONGEST_RESTART_DELAY_MS);
    if (!this.isStopping) this.#spawn();
  }

  #logTail(): string {
    return readFileSync(this.logPath).subarray(this.#logStart).toString('utf8');
  }

  #lastLines(): string {
    return this.#logTail().trimEnd().split('\n').slice(-5).join('\n');
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a');
}
