import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_VARIABLE } from '../../activities/fault-point.ts';
import { type OwnProcess, ownProcesses } from '../../infra/own-processes.ts';
import type { TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

/** One of Sluice's own processes that nobody starts again: a test starts it, perhaps with a fault planted, and ends it. */
export class TestProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  #said = '';
  /** It has ended, and all that it said has been heard. */
  #closed = false;

  private constructor(name: string, child: ChildProcess, logPath: string) {
    this.#name = name;
    this.#child = child;
    child.once('error', (error) => (this.#said += String(error)));
    child.once('close', () => (this.#closed = true));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#said += text.toString();
        appendFileSync(logPath, text);
      });
    }
  }

  /** @param environment what it gets beside the stack's own, such as a fault */
  static async start(
    test: TestStack,
    name: OwnProcess,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<TestProcess> {
    const started = TestProcess.#spawn(test, name, environment);
    await started.#waitToSay(`the ${name} to be ready`, '"ready":true', START_LIMIT_MS);
    return started;
  }

  /** Does not wait until it is ready: the fault may strike first. */
  static startFaulty(
    test: TestStack,
    name: OwnProcess,
    fault: string,
    environment: Readonly<Record<string, string>> = {},
  ): TestProcess {
    return TestProcess.#spawn(test, name, { ...environment, [FAULT_VARIABLE]: fault });
  }

  static #spawn(test: TestStack, name: OwnProcess, environment: Readonly<Record<string, string>>): TestProcess {
    const processes = ownProcesses(test.settings, { topic: '', simulatedServers: 0, environment: test.environment });
    const { file, args, environment: own } = processes[name].command();
    const env = { ...process.env, ...own, ...environment };
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new TestProcess(name, child, join(test.settings.home, 'logs', `${name}-of-test.log`));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#closed;
  }

  /** Waits until the fault that was planted has struck. */
  async struck(limitMs: number): Promise<void> {
    await this.#waitToSay(`the fault planted in the ${this.#name} to strike`, '"fault":', limitMs);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async ended(limitMs: number): Promise<void> {
    await waitFor(`the ${this.#name} to end`, limitMs, () => Promise.resolve(this.hasEnded || undefined));
  }

  /** Ends it as an operator would, so that it leaves nothing undone. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.#child, 'close');
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(late);
  }

  async #waitToSay(what: string, text: string, limitMs: number): Promise<void> {
    await waitFor(what, limitMs, () => {
      if (this.#said.includes(text)) return Promise.resolve(true);
      if (this.hasEnded) throw new Error(`waited for ${what}; it ended, having said: ${this.#said.slice(-2_000)}`);
      return Promise.resolve(undefined);
    });
  }
}
