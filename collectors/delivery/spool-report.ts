import { asSluiceError, type SluiceError } from '../../errors/sluice-error.ts';
import type { Log } from '../log.ts';
import type { Spool } from '../spool/spool.ts';

/** How often it is said that records are being spooled, and how many; and that some were lost, or the disk refuses. */
export const SPOOL_REPORT_INTERVAL_MS = 10_000;

/** Says in the log what goes on with the spool, but not at every record. */
export class SpoolReport {
  readonly #log: Log;
  readonly #spool: Pick<Spool, 'records' | 'bytes'>;
  #startedAtMs = performance.now();
  #saidAtMs = performance.now();
  #diskFailedAtMs = -Infinity;
  #lost = 0;
  #lostToSay = 0;

  constructor(log: Log, spool: Pick<Spool, 'records' | 'bytes'>) {
    this.#log = log;
    this.#spool = spool;
  }

  /** Records lost so far. */
  get lost(): number {
    return this.#lost;
  }

  found(): void {
    this.#log('info', 'spool-found', this.#size());
  }

  started(reason: string, failure: SluiceError | undefined): void {
    this.#startedAtMs = performance.now();
    this.#saidAtMs = performance.now();
    this.#log('warn', 'spooling-started', { ...this.#size(), reason, remedy: failure?.remedy });
  }

  /** To be called at will: says something when it is time to. */
  goingOn(failure: SluiceError | undefined): void {
    if (performance.now() - this.#saidAtMs < SPOOL_REPORT_INTERVAL_MS) return;
    this.#saidAtMs = performance.now();
    this.#log('warn', 'spooling', { ...this.#size(), reason: failure?.message, remedy: failure?.remedy });
    this.#sayLoss();
  }

  drained(acknowledged: number): void {
    this.#sayLoss();
    const seconds = Math.round((performance.now() - this.#startedAtMs) / 100) / 10;
    this.#log('info', 'spool-drained', { acknowledged, seconds });
  }

  loss(records: number): void {
    this.#lost += records;
    this.#lostToSay += records;
  }

  diskFailed(thrown: unknown): void {
    if (performance.now() - this.#diskFailedAtMs < SPOOL_REPORT_INTERVAL_MS) return;
    this.#diskFailedAtMs = performance.now();
    this.#log('error', 'spool-failed', { reason: asSluiceError(thrown).message });
  }

  #sayLoss(): void {
    if (this.#lostToSay === 0) return;
    const reason = 'The spool is at its limit, or its disk is full or damaged.';
    this.#log('error', 'records-lost', { lost: this.#lostToSay, lost_in_all: this.#lost, reason });
    this.#lostToSay = 0;
  }

  #size() {
    return { spooled_records: this.#spool.records, spooled_bytes: this.#spool.bytes };
  }
}
