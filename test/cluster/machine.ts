import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';
import type { MachineNetwork } from './machine-network.ts';

const SLUICE = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
const READY_LIMIT_MS = 120_000;

/** A machine that runs `sluice worker`, with a network, a home and a scratch folder of its own. */
export class Machine {
  readonly name: string;
  readonly queues: string;
  readonly address: string;
  /** Lines that its worker said. */
  readonly said: string[] = [];
  readonly #home: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param environment what it gets beside the stack's own, such as a fault */
  constructor(
    test: TestStack,
    network: MachineNetwork,
    options: {
      readonly name: string;
      readonly queues: string;
      readonly environment?: Readonly<Record<string, string>>;
    },
  ) {
    this.name = options.name;
    this.queues = options.queues;
    const { address, within } = network.join(this.name);
    const [file, ...args] = [...within, process.execPath, SLUICE, 'worker', '--queues', this.queues];
    this.address = address;
    this.#home = mkdtempSync(join(tmpdir(), `sluice-${this.name}-`));
    this.#child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...test.environment,
        SLUICE_HOME: this.#home,
        SLUICE_METRICS_HOST: address,
        ...options.environment,
      },
      // A group of its own, so that all of it can be killed at once.
      detached: true,
    });
    this.#ended = once(this.#child, 'exit');
    const log = join(test.settings.home, 'logs', `${this.name}.log`);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        this.said.push(line);
        appendFileSync(log, `${line}\n`);
      });
    }
  }

  async ready(): Promise<void> {
    await this.says('"ready":true', READY_LIMIT_MS);
  }

  async says(text: string, limitMs: number): Promise<void> {
    await waitFor(`${this.name} to say ${text}`, limitMs, () => {
      if (this.said.some((line) => line.includes(text))) return Promise.resolve(true);
      if (this.#child.exitCode !== null) throw new Error(`${this.name} has ended: ${this.said.slice(-5).join('\n')}`);
      return Promise.resolve(undefined);
    });
  }

  /** Parts of batches that it has written. */
  get parts(): number {
    return this.said.filter((line) => line.includes('A part of a batch is written.')).length;
  }

  /** As when the power goes. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#signal('SIGTERM');
      await this.#ended;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  #signal(name: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
  }
}
