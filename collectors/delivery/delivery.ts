import { setTimeout as sleep } from 'node:timers/promises';
import { asSluiceError, type SluiceError } from '../../errors/sluice-error.ts';
import type { Log } from '../log.ts';
import type { Outgoing } from '../record.ts';
import type { PlannedShipment } from '../spool/cursor.ts';
import type { Spool } from '../spool/spool.ts';
import { planOf, plannedShipment, type Shipment } from './shipment.ts';

/** Records that Kafka has not acknowledged after this time are put on disk; so are those that come after them. */
export const SPOOL_AFTER_MS = 1_000;
/** Most bytes of records taken from the spool at a time: a batch of them stays below Kafka's default limit of 1 MiB. */
export const SHIPMENT_MAX_BYTES = 512 * 1024;
/** How often it is said that records are being spooled, and how many. */
export const SPOOL_REPORT_INTERVAL_MS = 10_000;
/** How long `stop` waits for acknowledgements before what is in memory goes to the spool. */
export const FLUSH_LIMIT_MS = 2_000;

/** What makes and sends shipments: IdempotentProducer. */
export interface Producer {
  prepare(records: readonly Outgoing[]): Promise<Shipment>;
  send(shipment: Shipment): Promise<void>;
}

/** Records being sent. `end` is their position in the spool, where they are there too. */
interface InHand {
  readonly records: readonly Outgoing[];
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
  readonly #log: Log;
  readonly #onFirstOutcome: (spooling: boolean) => void;
  #pending: Outgoing[] = [];
  #inHand: InHand | undefined;
  #spooling: boolean;
  #stopping = false;
  #spooledSince = 0;
  #reportedAtMs = 0;
  #lostToReport = 0;
  #diskFailedAtMs = -Infinity;
  #failure: SluiceError | undefined;
  #wake: () => void = () => {};
  #acknowledged = 0;
  #lost = 0;

  /** `onFirstOutcome` is called once: when the first records have arrived, or spooling has begun. */
  constructor(producer: Producer, spool: Spool, log: Log, onFirstOutcome: (spooling: boolean) => void) {
    this.#producer = producer;
    this.#spool = spool;
    this.#log = log;
    let first = true;
    this.#onFirstOutcome = (spooling) => {
      if (first) onFirstOutcome(spooling);
      first = false;
    };
    this.#spooling = spool.records > 0;
    if (this.#spooling) log('info', 'spool-found', this.#spoolFields());
  }

  /** Records acknowledged by Kafka so far. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Records given up so far: at the spool's limit, or where the disk refused them. */
  get lost(): number {
    return this.#lost;
  }

  get spooling(): boolean {
    return this.#spooling;
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
    if (this.#spooling) this.#onFirstOutcome(true);
    while (!this.#stopping) {
      this.#inHand = this.#take();
      if (this.#inHand === undefined) await this.#more();
      else await this.#deliver(this.#inHand);
    }
  }

  /** Waits a moment for what is in memory to arrive, puts the rest on disk, then calls `abort`, which must end all attempts. */
  async stop(abort: () => void): Promise<void> {
    const deadlineMs = performance.now() + FLUSH_LIMIT_MS;
    const isEmpty = (): boolean => this.#spooling || (this.#pending.length === 0 && this.#inHand === undefined);
    while (!isEmpty() && performance.now() < deadlineMs) await sleep(10);
    this.#stopping = true;
    if (!isEmpty())
      this.#startSpooling('The collector is being stopped, and Kafka has not acknowledged everything yet.');
    abort();
    this.#wake();
  }

  #take(): InHand | undefined {
    if (this.#spooling) {
      const next = this.#readSpool();
      if (next) return next;
      this.#endSpooling();
    }
    if (this.#pending.length === 0) return undefined;
    const records = this.#pending;
    this.#pending = [];
    return { records, end: undefined, planned: undefined, shipment: undefined };
  }

  #readSpool(): InHand | undefined {
    const next = this.#spool.next(SHIPMENT_MAX_BYTES);
    if (next === undefined) return undefined;
    if (next.damaged > 0) {
      this.#lost += next.damaged;
      this.#log('error', 'spool-damaged', { lost: next.damaged });
    }
    this.#spool.takeInHand(next.end, undefined);
    return { records: next.records, end: next.end, planned: next.planned, shipment: undefined };
  }

  async #deliver(inHand: InHand): Promise<void> {
    const patience = setTimeout(() => {
      this.#startSpooling(`Kafka has not acknowledged records for ${SPOOL_AFTER_MS} ms.`);
    }, SPOOL_AFTER_MS);
    try {
      const { records, planned } = inHand;
      inHand.shipment = planned ? plannedShipment(records, planned) : await this.#producer.prepare(records);
      this.#note(inHand);
      await this.#producer.send(inHand.shipment);
    } catch (thrown) {
      if (!this.#stopping) throw thrown;
      return;
    } finally {
      clearTimeout(patience);
    }
    this.#acknowledged += inHand.records.length;
    this.#inHand = undefined;
    if (inHand.end !== undefined) this.#onDisk(() => this.#spool.commit(inHand.end ?? 0, inHand.records.length));
    this.#onFirstOutcome(false);
  }

  /** Puts on disk how records that are on disk are being sent. */
  #note({ end, shipment }: InHand): void {
    if (end !== undefined) this.#onDisk(() => this.#spool.takeInHand(end, shipment && planOf(shipment)));
  }

  #startSpooling(reason: string): void {
    if (this.#spooling) return;
    this.#spooling = true;
    this.#spooledSince = performance.now();
    this.#reportedAtMs = performance.now();
    const inHand = this.#inHand;
    if (inHand && this.#append(inHand.records)) {
      inHand.end = this.#spool.end;
      this.#note(inHand);
    }
    this.#append(this.#pending);
    this.#pending = [];
    this.#log('warn', 'spooling-started', { ...this.#spoolFields(), reason, remedy: this.#failure?.remedy });
    this.#onFirstOutcome(true);
  }

  #endSpooling(): void {
    this.#spooling = false;
    this.#failure = undefined;
    this.#reportLoss();
    const seconds = Math.round((performance.now() - this.#spooledSince) / 100) / 10;
    this.#log('info', 'spool-drained', { acknowledged: this.#acknowledged, seconds });
  }

  /** False where the disk refused them; then they are lost, unless they are in hand. */
  #append(records: readonly Outgoing[]): boolean {
    if (records.length === 0) return true;
    const isInHand = this.#inHand?.records === records;
    const appended = this.#onDisk(() => this.#recordLoss(this.#spool.append(records)));
    if (!appended && !isInHand) this.#recordLoss(records.length);
    this.#reportSpooling();
    return appended;
  }

  #recordLoss(records: number): void {
    this.#lost += records;
    this.#lostToReport += records;
  }

  #reportSpooling(): void {
    if (performance.now() - this.#reportedAtMs < SPOOL_REPORT_INTERVAL_MS) return;
    this.#reportedAtMs = performance.now();
    this.#log('warn', 'spooling', {
      ...this.#spoolFields(),
      reason: this.#failure?.message,
      remedy: this.#failure?.remedy,
    });
    this.#reportLoss();
  }

  #reportLoss(): void {
    if (this.#lostToReport === 0) return;
    this.#log('error', 'records-lost', {
      lost: this.#lostToReport,
      lost_in_all: this.#lost,
      reason: 'The spool is at its limit, or the disk refuses to take more.',
    });
    this.#lostToReport = 0;
  }

  #spoolFields() {
    return { spooled_records: this.#spool.records, spooled_bytes: this.#spool.bytes };
  }

  /** A disk that refuses is said, and does not end the collector. */
  #onDisk(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (thrown) {
      const now = performance.now();
      if (now - this.#diskFailedAtMs >= SPOOL_REPORT_INTERVAL_MS) {
        this.#diskFailedAtMs = now;
        this.#log('error', 'spool-failed', { reason: asSluiceError(thrown).message });
      }
      return false;
    }
  }

  async #more(): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
