import { asSluiceError } from '../../errors/sluice-error.ts';
import type { PartitionOffsets } from '../../kafka/cluster.ts';

export const LAG_EVERY_MS = 1_000;
export const LAG_TIMEOUT_MS = 3_000;
/** An answer older than this says nothing of now. */
export const LAG_VALID_MS = 6_000;

/** Who knows how far a topic goes; a KafkaCluster. */
export interface OffsetSource {
  offsets(
    topic: string,
    options: { retryLimitMs: number; signal: AbortSignal },
  ): Promise<Map<number, PartitionOffsets>>;
  close(): Promise<void>;
}

export interface TopicEnds {
  readonly askedAtMs: number;
  readonly lastStable: ReadonlyMap<number, bigint>;
}

/** Asks Kafka again and again how far a topic goes. Kafka being away is something to say, not an error. */
export class TopicWatch {
  #ends: TopicEnds | undefined;
  #problem = 'Kafka has not been asked yet';
  readonly #source: OffsetSource;
  readonly #topic: string;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(source: OffsetSource, topic: string) {
    this.#source = source;
    this.#topic = topic;
  }

  start(): void {
    void this.#ask();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** The newest answer, or why there is none that still counts. */
  at(nowMs: number): { readonly ends: TopicEnds } | { readonly problem: string } {
    const ends = this.#ends;
    return ends !== undefined && nowMs - ends.askedAtMs <= LAG_VALID_MS ? { ends } : { problem: this.#problem };
  }

  async #ask(): Promise<void> {
    const askedAtMs = Date.now();
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(LAG_TIMEOUT_MS)]);
      const offsets = await this.#source.offsets(this.#topic, { retryLimitMs: LAG_TIMEOUT_MS, signal });
      const lastStable = new Map([...offsets].map(([partition, found]) => [partition, found.lastStable]));
      this.#ends = { askedAtMs, lastStable };
    } catch (thrown) {
      const timedOut = thrown instanceof DOMException;
      this.#problem = timedOut
        ? `Kafka did not answer within ${LAG_TIMEOUT_MS / 1000} s`
        : asSluiceError(thrown).message;
    }
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#ask(), LAG_EVERY_MS);
  }
}
