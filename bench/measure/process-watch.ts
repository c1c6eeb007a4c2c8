import { readFileSync } from 'node:fs';
import { cpuSeconds, family } from './processes.ts';

const LOOK_EVERY_MS = 50;

/** CPU time and memory of some processes and all that they start, from now on; looked at again and again, since they end. */
export class ProcessWatch {
  readonly #roots: readonly number[];
  readonly #before = new Map<number, number>();
  readonly #latest = new Map<number, number>();
  readonly #peakKib = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(roots: readonly number[]) {
    this.#roots = roots;
    for (const found of this.#alive()) this.#before.set(found.pid, found.cpuSeconds);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** User and system time so far, of all of them, in seconds. */
  get cpuSeconds(): number {
    this.#look();
    return [...this.#latest].reduce((sum, [pid, seconds]) => sum + seconds - (this.#before.get(pid) ?? 0), 0);
  }

  /** The most that any one of them ever had resident (VmHWM), in MiB. */
  get peakMiB(): number {
    return Math.max(0, ...this.#peakKib.values()) / 1024;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #alive(): ReturnType<typeof family> {
    return this.#roots.flatMap((root) => family(root));
  }

  #look(): void {
    for (const found of this.#alive()) {
      this.#latest.set(found.pid, cpuSeconds([found]));
      // One that has just ended has no memory any more.
      this.#peakKib.set(found.pid, Math.max(this.#peakKib.get(found.pid) ?? 0, peakKibOf(found.pid)));
    }
  }
}

/** The most that a process ever had resident (VmHWM), in KiB; 0 where it has ended. */
export function peakKibOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
