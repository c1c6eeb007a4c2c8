import { initProducerIdV4, NumericMap, produceV9, type Connection } from '../../kafka/library.ts';
import { asSluiceError, type SluiceError } from '../../errors/sluice-error.ts';
import type { KafkaCluster, TopicDescription } from '../../kafka/cluster.ts';
import { leaderFailed, protocolFailure } from '../../kafka/failure.ts';
import { answered, NONE } from '../../kafka/protocol.ts';
import { abortable, Retry } from '../../kafka/retry.ts';
import type { Outgoing } from '../record.ts';
import { numbered, shipmentOf, type PartitionBatch, type Session, type Shipment } from './shipment.ts';

const ALL_IN_SYNC_REPLICAS = -1;

/** How long a leader may wait for the in-sync replicas to have a batch; a replica that died holds it up until it is expelled. */
export const ACKNOWLEDGE_TIMEOUT_MS = 5_000;

/** How long partitions and leaders are believed without having been asked for again: partitions may be added. */
export const METADATA_MAX_AGE_MS = 300_000;

/** Kafka's error codes for a producer that the leader no longer knows under these numbers. */
const PRODUCER_FORGOTTEN = new Set([45, 47, 49, 59]);
/** The leader has these very records already, from an attempt whose answer was lost. */
const DUPLICATE_SEQUENCE_NUMBER = 46;

/**
 * Produces each record exactly once and in order, however often sending has to be tried: a batch keeps its partition,
 * producer id and sequence numbers until it is acknowledged by all in-sync replicas, for ever if need be.
 *
 * The library's own producer does not do: after its retries it starts over under another producer id, and a batch
 * whose acknowledgement was lost is then there twice; and several partitions of one leader that are led apart later
 * go to the first one's leader for ever.
 */
export class IdempotentProducer {
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #signal: AbortSignal;
  readonly #onFailure: (failure: SluiceError) => void;
  #description: TopicDescription | undefined;
  #describedAtMs = 0;
  #describing: Promise<TopicDescription> | undefined;
  #session: Session | undefined;

  /** `onFailure` hears of each attempt that failed; aborting the signal ends all attempts. */
  constructor(
    cluster: KafkaCluster,
    topic: string,
    options: { signal: AbortSignal; onFailure: (failure: SluiceError) => void },
  ) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#signal = options.signal;
    this.#onFailure = options.onFailure;
  }

  /** Gives records partitions and numbers, once Kafka can be reached. @throws the signal's reason */
  async prepare(records: readonly Outgoing[]): Promise<Shipment> {
    if (performance.now() - this.#describedAtMs > METADATA_MAX_AGE_MS) this.#description = undefined;
    const { partitions } = await this.#untilDone(() => this.#describe());
    const session = await this.#currentSession();
    return shipmentOf(records, partitions.length, session);
  }

  /** Returns when all of it is acknowledged. @throws the signal's reason */
  async send(shipment: Shipment): Promise<void> {
    await Promise.all(shipment.batches.map((batch) => this.#sendBatch(batch)));
  }

  async #sendBatch(first: PartitionBatch): Promise<void> {
    let batch = first;
    while (!(await this.#untilDone(() => this.#produce(batch)))) {
      // The leader's memory of this producer is gone (the partition lay idle for a day, or its topic was made anew).
      if (this.#session?.producerId === batch.producerId) this.#session = undefined;
      batch = numbered(batch, await this.#currentSession());
    }
  }

  /** One attempt. False where these numbers can never be accepted. */
  async #produce(batch: PartitionBatch): Promise<boolean> {
    const doing = `Producing to partition ${batch.partition} of the topic "${this.#topic}"`;
    const { partitions } = await this.#describe();
    const leader = partitions[batch.partition]?.leader ?? -1;
    try {
      const connection = await abortable(this.#cluster.controlConnection(leader), this.#signal);
      const errorCode = await abortable(requestProduce(connection, this.#topic, batch), this.#signal);
      if (errorCode === NONE || errorCode === DUPLICATE_SEQUENCE_NUMBER) return true;
      if (PRODUCER_FORGOTTEN.has(errorCode)) return false;
      throw protocolFailure(doing, errorCode);
    } catch (thrown) {
      this.#description = undefined;
      throw leaderFailed(doing, this.#cluster.addressOf(leader), thrown);
    }
  }

  async #currentSession(): Promise<Session> {
    return (this.#session ??= await this.#untilDone(() => this.#startSession()));
  }

  /** Any broker hands out producer ids for idempotence without transactions. */
  async #startSession(): Promise<Session> {
    const doing = 'Asking for a producer id';
    const leader = (await this.#describe()).partitions.find((partition) => partition.leader >= 0)?.leader ?? -1;
    try {
      const connection = await abortable(this.#cluster.controlConnection(leader), this.#signal);
      const answer = await abortable(answered(initProducerIdV4.api.async(connection, null, 0, -1n, -1)), this.#signal);
      if (answer.errorCode !== NONE) throw protocolFailure(doing, answer.errorCode);
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch, nextSequences: new Map() };
    } catch (thrown) {
      this.#description = undefined;
      throw leaderFailed(doing, this.#cluster.addressOf(leader), thrown);
    }
  }

  /** Asked once by all that want it at the same time, and again after a failure. */
  async #describe(): Promise<TopicDescription> {
    if (this.#description) return this.#description;
    this.#describing ??= this.#cluster.describeTopic(this.#topic, { signal: this.#signal }).finally(() => {
      this.#describing = undefined;
    });
    this.#description = await this.#describing;
    this.#describedAtMs = performance.now();
    return this.#description;
  }

  async #untilDone<T>(attempt: () => Promise<T>): Promise<T> {
    const retry = new Retry(Infinity, this.#signal);
    for (;;) {
      try {
        return await attempt();
      } catch (thrown) {
        this.#signal.throwIfAborted();
        const failure = asSluiceError(thrown);
        this.#onFailure(failure);
        await retry.after(failure);
      }
    }
  }
}

/** One Produce request (version 9, Kafka 2.6 and later) with one batch; its partition's error code. */
async function requestProduce(connection: Connection, topic: string, batch: PartitionBatch): Promise<number> {
  const { partition, producerId, producerEpoch, firstSequence } = batch;
  const messages = batch.records.map(({ key, value, timestampMs }) => ({
    topic,
    partition,
    key: Buffer.from(key),
    value: Buffer.from(value),
    timestamp: BigInt(timestampMs),
  }));
  const sequences = new NumericMap([[`${topic}:${partition}`, firstSequence]]);
  const response = await answered(
    produceV9.api.async(connection, ALL_IN_SYNC_REPLICAS, ACKNOWLEDGE_TIMEOUT_MS, messages, {
      compression: 'zstd',
      producerId,
      producerEpoch,
      sequences,
    }),
  );
  const answer = typeof response === 'boolean' ? undefined : response.responses[0]?.partitionResponses[0];
  if (answer === undefined) throw new Error('the broker acknowledged nothing');
  return answer.errorCode;
}
