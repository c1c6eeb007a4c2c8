import { setTimeout as sleep } from 'node:timers/promises';
import type { SluiceError } from '../../errors/sluice-error.ts';
import type { Log } from '../log.ts';
import type { Outgoing } from '../record.ts';
import type { PlannedShipment } from '../spool/cursor.ts';
import type { Spool } from '../spool/spool.ts';
import { planOf, plannedShipment, type Shipment } from './shipment.ts';
import { SpoolReport } from './spool-report.ts';

/** Records that Kafka has not acknowledged after this time are put on disk; so are those that come after them. */
export const SPOOL_AFTER_MS = 1_000;
/** Most bytes of records taken from the spool at a time: a batch of them stays below Kafka's default limit of 1 MiB. */
export const SHIPMENT_MAX_BYTES = 512 * 1024;
/** How long `stop` waits for acknowledgements before what is in memory goes to the spool. */
export const FLUSH_LIMIT_MS = 2_000;

/** What makes and sends shipments, trying for as long as it takes: IdempotentProducer. */
export interface Producer {
  prepare(records: readonly Outgoing[]): Promise<Shipment>;
  send(shipment: Shipment): Promise<void>;
}

/** Records being sent. */
interface InHand {
  readonly records: readonly Outgoing[];
  /** The position after them in the spool, where they are there too. */
  end: number | undefined;
  readonly planned: PlannedShipment | undefined;
  shipment: Shipment | undefined;
}

/**
 * Brings records to Kafka in the order in which they were given: straight from memory while Kafka answers, through the
 * spool from the moment it does not until all that was spooled has arrived.
 */
export class Delivery {
  readonly #producer: Producer;
  readonly #spool: Spool;
  readonly #report: SpoolReport;
  #onFirstOutcome: ((spooling: boolean) => void) | undefined;
  #pending: Outgoing[] = [];
  #inHand: InHand | undefined;
  #spooling: boolean;
  #stopping = false;
  #failure: SluiceError | undefined;
  #wake: () => void = () => {};
  #acknowledged = 0;

  /** `onFirstOutcome` is called once: when the first records have arrived, or spooling has begun. */
  constructor(producer: Producer, spool: Spool, log: Log, onFirstOutcome: (spooling: boolean) => void) {
    this.#producer = producer;
    this.#spool = spool;
    this.#report = new SpoolReport(log, spool);
    this.#onFirstOutcome = onFirstOutcome;
    this.#spooling = spool.records > 0;
  }

  /** Records acknowledged by Kafka so far. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Records given up so far: at the spool's limit, or where its disk failed. */
  get lost(): number {
    return this.#report.lost;
  }

  /** Records on disk that wait for Kafka. */
  get spooled(): number {
    return this.#spool.records;
  }

  /** Takes records over. */
  push(records: readonly Outgoing[]): void {
    if (this.#spooling) this.#append(records);
    else this.#pending.push(...records);
    this.#wake();
  }

  /** To be told of each attempt to reach Kafka that failed: the first one starts spooling. */
  failed(failure: SluiceError): void {
    this.#failure = failure;
    this.#startSpooling(failure.message);
  }

  /** Sends until `stop`; settles when the last attempt has ended. */
  async run(): Promise<void> {
    if (this.#spooling) {
      this.#report.found();
      this.#firstOutcome();
    }
    while (!this.#stopping) {
      this.#inHand = this.#fromSpool() ?? this.#fromMemory();
      if (this.#inHand === undefined) await this.#more();
      else await this.#deliver(this.#inHand);
    }
  }

  /** Waits a moment for what is in memory to arrive, puts the rest on disk, then calls `abort`, which must end all attempts. */
  async stop(abort: () => void): Promise<void> {
    const deadlineMs = performance.now() + FLUSH_LIMIT_MS;
    const isSafe = (): boolean => this.#spooling || (this.#pending.length === 0 && this.#inHand === undefined);
    while (!isSafe() && performance.now() < deadlineMs) await sleep(10);
    this.#stopping = true;
    if (!isSafe())
      this.#startSpooling('The collector is being stopped, and Kafka has not acknowledged everything yet.');
    abort();
    this.#wake();
  }

  #fromSpool(): InHand | undefined {
    if (!this.#spooling) return undefined;
    const next = this.#spool.next(SHIPMENT_MAX_BYTES);
    if (next === undefined) {
      this.#spooling = false;
      this.#failure = undefined;
      this.#report.drained(this.#acknowledged);
      return undefined;
    }
    this.#report.loss(next.damaged);
    this.#spool.takeInHand(next.end, undefined);
    return { records: next.records, end: next.end, planned: next.planned, shipment: undefined };
  }

  #fromMemory(): InHand | undefined {
    if (this.#pending.length === 0) return undefined;
    const records = this.#pending;
    this.#pending = [];
    return { records, end: undefined, planned: undefined, shipment: undefined };
  }

  async #deliver(inHand: InHand): Promise<void> {
    const { records, planned } = inHand;
    const patience = setTimeout(() => {
      this.#startSpooling(`Kafka has not acknowledged records for ${SPOOL_AFTER_MS} ms.`);
    }, SPOOL_AFTER_MS);
    try {
      inHand.shipment = planned ? plannedShipment(records, planned) : await this.#producer.prepare(records);
      this.#note(inHand);
      await this.#producer.send(inHand.shipment);
    } catch (thrown) {
      if (this.#stopping) return;
      throw thrown;
    } finally {
      clearTimeout(patience);
    }
    this.#acknowledged += records.length;
    this.#inHand = undefined;
    const { end } = inHand;
    if (end !== undefined) this.#onDisk(() => this.#spool.commit(end, records.length));
    this.#firstOutcome();
  }

  /** Puts on disk how records that are on disk are being sent. */
  #note({ end, shipment }: InHand): void {
    if (end !== undefined) this.#onDisk(() => this.#spool.takeInHand(end, shipment && planOf(shipment)));
  }

  #startSpooling(reason: string): void {
    if (this.#spooling) return;
    this.#spooling = true;
    const inHand = this.#inHand;
    if (inHand && this.#onDisk(() => this.#spool.append(inHand.records))) {
      inHand.end = this.#spool.end;
      this.#note(inHand);
    }
    this.#append(this.#pending);
    this.#pending = [];
    this.#report.started(reason, this.#failure);
    this.#firstOutcome();
  }

  /** Records that the disk refuses are lost, for memory has a bound too. */
  #append(records: readonly Outgoing[]): void {
    if (!this.#onDisk(() => this.#report.loss(this.#spool.append(records)))) this.#report.loss(records.length);
    this.#report.goingOn(this.#failure);
  }

  /** A disk that refuses is said, and does not end the collector. */
  #onDisk(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (thrown) {
      this.#report.diskFailed(thrown);
      return false;
    }
  }

  #firstOutcome(): void {
    this.#onFirstOutcome?.(this.#spooling);
    this.#onFirstOutcome = undefined;
  }

  async #more(): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
