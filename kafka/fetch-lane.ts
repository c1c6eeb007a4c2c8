import type { BrokerConnections } from './broker-connections.ts';
import type { BrokerAddress } from './connection.ts';
import { type FetchedPartition, fetchPartition, type FetchRequest, throttledAnswer } from './fetch.ts';
import { abortable } from './retry.ts';

/** A broker that throttles us for longer is asked again after this, over another connection: its quota may have been raised. */
export const LONGEST_THROTTLE_MS = 30_000;

/** While throttled, a fetch asks for no less than this. */
export const LEAST_FETCH_BYTES = 64 * 1024;

/** With each answer that is not throttled, the next fetch may ask for so much more, until it is what its reader wants. */
const GROWTH = 1.25;

/**
 * What is read from one broker: one fetch at a time, as the broker would answer them anyway, and none while it throttles
 * this client. For a broker that throttles leaves a connection's next request unread (KIP-219); if that were given up
 * meanwhile, it would be answered all the same, to nobody, and use up the quota of who asks next.
 */
export class FetchLane {
  readonly #connections: BrokerConnections;
  readonly #broker: BrokerAddress;
  #last: Promise<unknown> = Promise.resolve();
  #throttledUntilMs = 0;
  #maxBytes = Number.MAX_SAFE_INTEGER;
  /** Of the last answer with records. */
  #lastSizeBytes = Number.MAX_SAFE_INTEGER;

  constructor(connections: BrokerConnections, broker: BrokerAddress) {
    this.#connections = connections;
    this.#broker = broker;
  }

  /** The broker's answer; while it throttles, the same that it would give. A fetch that is aborted ends its connection. */
  async fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchedPartition> {
    const before = this.#last;
    const turn = Promise.withResolvers<undefined>();
    this.#last = before.then(() => turn.promise);
    try {
      await abortable(before, signal);
      return await this.#ask(request, signal);
    } finally {
      turn.resolve(undefined);
    }
  }

  async #ask(request: FetchRequest, signal: AbortSignal): Promise<FetchedPartition> {
    const leftMs = this.#throttledUntilMs - performance.now();
    if (leftMs > 0) return throttledAnswer(leftMs);
    const connection = await abortable(this.#connections.to(this.#broker), signal);
    const maxBytes = Math.min(request.maxBytes, this.#maxBytes);
    try {
      const answer = await abortable(fetchPartition(connection, { ...request, maxBytes }), signal);
      if (answer.throttleMs > LONGEST_THROTTLE_MS) this.#connections.end(this.#broker, connection);
      this.#learn(answer, maxBytes);
      return answer;
    } catch (thrown) {
      if (signal.aborted) this.#connections.end(this.#broker, connection);
      throw thrown;
    }
  }

  /** The more is asked for, the longer a throttled broker makes us wait: so it is asked for less, and slowly for more again. */
  #learn({ throttleMs, bytes }: FetchedPartition, askedBytes: number): void {
    if (throttleMs > 0) {
      this.#throttledUntilMs = performance.now() + Math.min(throttleMs, LONGEST_THROTTLE_MS);
      this.#maxBytes = Math.max(LEAST_FETCH_BYTES, Math.min(askedBytes, this.#lastSizeBytes) / 2);
    } else if (bytes.length > 0) {
      this.#maxBytes = Math.min(Math.ceil(this.#maxBytes * GROWTH), Number.MAX_SAFE_INTEGER);
      this.#lastSizeBytes = bytes.length;
    }
  }
}
