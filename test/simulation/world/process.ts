import type { Clock } from '../../../clock/clock.ts';
import type { Scheduler, StepRequest } from './scheduler.ts';

/** Workers and jobs are what ships; the others are the world around them. */
export type ProcessKind = 'worker' | 'job' | 'reader' | 'producer' | 'saboteur';

/**
 * A process of the simulated world. Whatever it does outside of itself is a step, which the scheduler takes when it likes.
 * One that has died never hears of its steps again, so that its code simply ends where it stood.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly clock: Clock;
  /** False for what stands for the world itself, or only looks on. */
  readonly mayFail: boolean;
  /** Its local files. */
  readonly scratch = new Map<string, Buffer>();
  alive = true;
  frozenUntilStep = 0;
  readonly #scheduler: Scheduler;
  #scratchFolders = 0;

  constructor(scheduler: Scheduler, kind: ProcessKind, name: string = kind, clockSkewMs = 0) {
    this.#scheduler = scheduler;
    this.kind = kind;
    this.name = name;
    this.mayFail = kind === 'worker' || kind === 'job';
    this.clock = {
      nowMs: () => scheduler.nowMs + clockSkewMs,
      elapsedMs: () => scheduler.nowMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      timeout: (ms) => this.#timeout(ms),
    };
  }

  step<T>(request: StepRequest<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.alive) return;
      this.#scheduler.submit({
        process: this,
        request: request as StepRequest<unknown>,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
    });
  }

  kill(): void {
    this.alive = false;
    this.scratch.clear();
    this.#scheduler.forget(this);
  }

  async withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    this.#scratchFolders += 1;
    const folder = `/scratch/${this.name}/${this.#scratchFolders}`;
    try {
      return await use(folder);
    } finally {
      for (const path of this.scratch.keys()) if (path.startsWith(`${folder}/`)) this.scratch.delete(path);
    }
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.alive) return;
      const abort = (): void => reject(new DOMException('The sleep was aborted', 'AbortError'));
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#addTimer(ms, false, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  #timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#addTimer(ms, true, () => controller.abort(new DOMException('The time is over', 'TimeoutError')));
    return controller.signal;
  }

  #addTimer(ms: number, background: boolean, fire: () => void): void {
    const dueMs = this.#scheduler.nowMs + Math.max(0, ms);
    this.#scheduler.addTimer({ process: this, dueMs, background, fire });
  }
}
