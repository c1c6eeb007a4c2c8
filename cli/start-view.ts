import type { WriteStream } from 'node:tty';
import type { Activity, Progress } from '../infra/component.ts';

const REDRAW_EVERY_MS = 250;
const CLEAR_LINE = '\r\u001b[K';

/** Shows a start as it goes: a line for each event and, on a terminal, a last line with what is still awaited. */
export class StartView {
  readonly #output: WriteStream;
  readonly #startedMs = performance.now();
  /** What goes on, with when it began. */
  readonly #going = new Map<string, number>();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(output: WriteStream) {
    this.#output = output;
    if (output.isTTY) this.#timer = setInterval(() => this.#draw(), REDRAW_EVERY_MS);
  }

  get elapsedSeconds(): string {
    return ((performance.now() - this.#startedMs) / 1000).toFixed(1);
  }

  readonly show: Progress = (line, activity) => {
    if (activity !== undefined) this.#note(activity);
    this.#clear();
    this.#output.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
    this.#draw();
  };

  end(): void {
    clearInterval(this.#timer);
    this.#going.clear();
    this.#clear();
  }

  #note({ name, state }: Activity): void {
    if (state === 'going') this.#going.set(name, performance.now());
    else this.#going.delete(name);
  }

  #clear(): void {
    if (this.#output.isTTY) this.#output.write(CLEAR_LINE);
  }

  #draw(): void {
    if (!this.#output.isTTY || this.#going.size === 0) return;
    const awaited = [...this.#going].map(([name, sinceMs]) => `${name} ${secondsSince(sinceMs)} s`).join(' · ');
    const line = `${this.elapsedSeconds} s, waiting for ${awaited}`;
    this.#output.write(`${CLEAR_LINE}${line.slice(0, this.#output.columns - 1)}`);
  }
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 1000);
}
