import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export type LogLine = Readonly<Record<string, unknown>>;

const END_LIMIT_MS = 15_000;

/** A collector as an operator runs it: a process, its arguments and environment, and the lines that it prints. */
export class CollectorProcess {
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(environment: Readonly<Record<string, string>>, args: readonly string[]) {
    this.#child = spawn(process.execPath, ['collectors/main.ts', ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'exit');
    if (this.#child.stdout) {
      createInterface(this.#child.stdout).on('line', (line) => this.lines.push(JSON.parse(line) as LogLine));
    }
  }

  /** The first line from `from` on that has these fields. */
  async line(fields: LogLine, limitMs: number, from = 0): Promise<LogLine> {
    const untilMs = performance.now() + limitMs;
    for (;;) {
      const found = this.lines
        .slice(from)
        .find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
      if (found) return found;
      if (performance.now() > untilMs || this.#child.exitCode !== null) {
        const said = this.lines.map((line) => JSON.stringify(line)).join('\n');
        throw new Error(`The collector did not say ${JSON.stringify(fields)} within ${limitMs} ms, but:\n${said}`);
      }
      await sleep(20);
    }
  }

  /** Ends it; its exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.#child.kill(signal);
    return this.ended();
  }

  /** Waits until it has ended, and kills it where it does not; its exit code, or the signal that ended it. */
  async ended(): Promise<unknown> {
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
    await this.#ended;
    clearTimeout(limit);
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
