import type { MetricTags } from '@temporalio/common';
import type { Clock } from '../clock/clock.ts';
import type { BatchSeal } from '../plans/batch.ts';
import { Instruments } from './instruments.ts';

/** Bounds of the histograms' buckets in seconds, by name, as Temporal's runtime takes them. */
export const INGEST_BUCKETS: Readonly<Record<string, number[]>> = {
  sluice_step_duration_seconds: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  sluice_batch_duration_seconds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  sluice_oldest_row_delay_seconds: [0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800, 7200],
};

/** Counters get `_total` at their end from the runtime. */
const COUNTERS = {
  sluice_batches: 'Batches that this worker committed',
  sluice_rows: 'Rows of them in the table',
  sluice_rejected: 'Records of them in the rejected table',
  sluice_written_bytes: 'Bytes of their files, of both tables',
  sluice_commits_by_others: 'Batches that another writer had committed first; harmless',
  sluice_window_failures: 'Windows that ended with an error, by its code',
} as const;

/** What a batch takes its time for; `publish` is beside it. */
export type MeasuredStep = 'plan' | 'write' | 'commit' | 'publish';

/**
 * What a worker measures of one table's ingestion. Moments are given as such, so that an age is right whenever somebody asks for it
 * (https://prometheus.io/docs/practices/instrumentation/#timestamps-not-time-since).
 */
export class IngestMeasures {
  readonly #table: string;
  readonly #clock: Clock;
  readonly #instruments: Instruments;

  constructor(table: string, clock: Clock, instruments = new Instruments()) {
    this.#table = table;
    this.#clock = clock;
    this.#instruments = instruments;
    // What has not happened yet is 0 and not absent: else its first time would be no increase.
    for (const name of Object.keys(COUNTERS)) this.#count(name as keyof typeof COUNTERS, 0);
  }

  /** Does a step, and notes how long it took, also where it fails. */
  async step<T>(step: MeasuredStep, work: () => Promise<T>): Promise<T> {
    const startedAtMs = this.#clock.elapsedMs();
    try {
      return await work();
    } finally {
      const tookMs = this.#clock.elapsedMs() - startedAtMs;
      this.#observe('sluice_step_duration_seconds', tookMs, 'Duration of a step of a batch', { step });
    }
  }

  /** How many records Kafka held when a batch had been planned, beside that batch. */
  waiting(records: bigint | undefined): void {
    if (records === undefined) return;
    this.#gauge('sluice_waiting_records', Number(records), 'Records in Kafka beside the batch that was planned last');
  }

  /** A batch is in the table. `version` is undefined where another writer had committed it. */
  committed(batch: {
    readonly seal: BatchSeal;
    readonly version: number | undefined;
    readonly tookMs: number;
    readonly eventTimeColumn: string;
  }): void {
    const { seal, version, tookMs } = batch;
    if (version === undefined) {
      this.#count('sluice_commits_by_others', 1);
      return;
    }
    this.#count('sluice_batches', 1);
    this.#count('sluice_rows', seal.rows);
    this.#count('sluice_rejected', seal.rejectedRows);
    const files = [...seal.files, ...seal.rejectedFiles];
    this.#count(
      'sluice_written_bytes',
      files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    this.#observe('sluice_batch_duration_seconds', tookMs, 'Duration of a batch, from its plan to its commit');
    this.#gauge('sluice_committed_version', version, 'Newest version of the log that this worker committed');
    const times = eventTimes(seal, batch.eventTimeColumn);
    if (times === undefined) return;
    const nowMs = this.#clock.nowMs();
    this.#observe(
      'sluice_oldest_row_delay_seconds',
      nowMs - times.oldestMs,
      'From event to commit, of a batch’s oldest row',
    );
    this.#gauge(
      'sluice_newest_event_timestamp_seconds',
      times.newestMs / 1000,
      'Event time of the newest committed row',
    );
  }

  /** Hive shows this version, and all before it. */
  published(version: number): void {
    this.#gauge('sluice_published_version', version, 'Newest version of the log that this worker saw whole in Hive');
    const now = this.#clock.nowMs() / 1000;
    this.#gauge('sluice_published_timestamp_seconds', now, 'When Hive was last seen to be up to date');
  }

  failed(code: string): void {
    this.#count('sluice_window_failures', 1, { code });
  }

  #count(name: keyof typeof COUNTERS, value: number, tags: MetricTags = {}): void {
    this.#instruments.count(name, COUNTERS[name], value, { table: this.#table, ...tags });
  }

  #gauge(name: string, value: number, description: string): void {
    this.#instruments.gauge(name, description, value, { table: this.#table });
  }

  #observe(name: string, ms: number, description: string, tags: MetricTags = {}): void {
    this.#instruments.seconds(name, description, ms, { table: this.#table, ...tags });
  }
}

interface Bounds {
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
}

/** Bounds of a batch's event times, from its files' statistics; undefined where they tell of none. */
function eventTimes(seal: BatchSeal, column: string): { oldestMs: number; newestMs: number } | undefined {
  const bounds = seal.files.flatMap(({ stats }) => {
    const { minValues, maxValues } = JSON.parse(stats) as Bounds;
    return [minValues?.[column], maxValues?.[column]].map((text) => Date.parse(String(text)));
  });
  const known = bounds.filter((ms) => !Number.isNaN(ms));
  return known.length === 0 ? undefined : { oldestMs: Math.min(...known), newestMs: Math.max(...known) };
}
