import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { BatchPlan } from '../../plans/batch.ts';

/** Operations that one attempt may lose. Then the batch is tried again as any that fails is, ever more slowly. */
export const MAX_LOSSES = 6;
/** Pause before the next operation is begun: doubled with each that is lost. */
export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 10_000;

/** How long to wait after so many losses before the batch is begun anew; undefined where it is not. */
export function pauseAfterLossMs(losses: number): number | undefined {
  return losses < MAX_LOSSES ? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (losses - 1)) : undefined;
}

/** Operations that one attempt at a batch has lost: under way, or with their files. */
export class Losses {
  readonly #plan: BatchPlan;
  readonly #signal: AbortSignal;
  #count = 0;

  constructor(plan: BatchPlan, signal: AbortSignal) {
    this.#plan = plan;
    this.#signal = signal;
  }

  /** Waits until the batch may be begun anew. @throws SluiceError ENGINE_FAILED after too many; the signal's reason */
  async bear(lost: Error): Promise<void> {
    this.#count += 1;
    const pauseMs = pauseAfterLossMs(this.#count);
    if (pauseMs === undefined) throw lostTooOften(this.#plan, this.#count, lost);
    await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
  }
}

function lostTooOften({ sequence }: BatchPlan, losses: number, lost: Error): SluiceError {
  const why = lost.message.split('\n', 1)[0] ?? '';
  return new SluiceError(
    'ENGINE_FAILED',
    `Spark has lost batch ${sequence} ${losses} times in a row, the last: ${why}`,
    {
      remedy:
        'Nothing was committed, and it is tried again. Look at the log of Spark’s server: if it ends each time, give it more memory, or the table a smaller ' +
        'limits.max_rows; if several servers answer at SPARK_REMOTE, name one of them; and leave what is in the scratch folder to Sluice.',
      cause: lost,
    },
  );
}

/** Every id that a batch may have on this server is of an operation that has ended. */
export function noIdLeft({ sequence }: BatchPlan, table: string, ids: number): SluiceError {
  return new SluiceError('ENGINE_FAILED', `Spark’s server remembers ${ids} ended tries at batch ${sequence}.`, {
    remedy: `Once what they failed on is corrected, let the batch be done anew: sluice plan abandon ${table}; or start Spark’s server again, which forgets them.`,
  });
}
