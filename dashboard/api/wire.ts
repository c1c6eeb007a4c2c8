/** Everything that the API sends, as API.md documents it. Names are stable; units come last. */
import type { State } from '../server-state.ts';

/** One server's newest committed row, and what it means. */
export interface ServerSummary {
  readonly host: string;
  readonly state: State;
  readonly reasons: readonly string[];
  /** Since when it has been in this state; null where that was before the dashboard's window. */
  readonly stateSinceMs: number | null;
  readonly simulated: boolean;
  readonly eventTimeMs: number;
  readonly kafkaPartition: number;
  readonly cores: number | null;
  readonly cpuPct: number | null;
  readonly memoryPct: number | null;
  readonly memoryTotalBytes: number | null;
  readonly loadPerCore: number | null;
  readonly diskPct: number | null;
  readonly diskMount: string | null;
  /** 0 and up: how near it is to its worst critical threshold (1). Orders servers of one state. */
  readonly strain: number;
}

/** CPU of the last ten minutes, for a small line: one mean a bucket, oldest first, null where there was no row. */
export interface CpuHistory {
  readonly bucketMs: number;
  /** Start of the last bucket of every list. */
  readonly lastBucketMs: number;
  readonly cpuPct: Readonly<Record<string, readonly (number | null)[]>>;
}

/** How far what is shown can be trusted. */
export interface DataReport {
  /** `waiting`: nothing was ever committed. `loading`: the last hour is still being read. `late`: what is shown is old. */
  readonly state: 'waiting' | 'loading' | 'live' | 'late';
  /** In words, and what to look at next. */
  readonly words: string;
  readonly newestEventTimeMs: number | null;
  /** Of the Kafka partition that is furthest behind: the event time up to which all rows are known to be here. */
  readonly completeToMs: number | null;
}

export interface Snapshot {
  readonly nowMs: number;
  readonly data: DataReport;
  readonly servers: readonly ServerSummary[];
  readonly cpuHistory: CpuHistory;
  readonly pipeline: PipelineReport;
}

/** What has changed since the event before. The lists of `figures` run in parallel. */
export interface ServersUpdate {
  readonly nowMs: number;
  readonly data: DataReport;
  /** Servers that are new, or whose state, reasons or description changed: whole. */
  readonly changed: readonly ServerSummary[];
  /** Servers that only have a newer row. */
  readonly figures: {
    readonly host: readonly string[];
    readonly eventTimeMs: readonly number[];
    readonly cpuPct: readonly (number | null)[];
    readonly memoryPct: readonly (number | null)[];
    readonly loadPerCore: readonly (number | null)[];
    readonly diskPct: readonly (number | null)[];
    readonly strain: readonly number[];
  };
  /** Hosts that have been forgotten. */
  readonly gone: readonly string[];
}

export interface Quantiles {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface TableReport {
  readonly table: string;
  readonly database: string;
  readonly topic: string;
  readonly state: 'ok' | 'late' | 'waiting' | 'failed';
  /** Why, in words. */
  readonly words: string;
  /** From event time to the commit that made the row readable. */
  readonly freshnessToCommit: { readonly lastMinute: Quantiles; readonly lastHour: Quantiles };
  /** From event time to the row's publication in Hive. */
  readonly freshnessToHive: { readonly lastMinute: Quantiles; readonly lastHour: Quantiles };
  readonly lag: {
    /** `unknown` while Kafka cannot be asked; `words` says why. */
    readonly state: 'known' | 'unknown';
    readonly words: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly committedOffset: string;
      readonly lastStableOffset: string | null;
      readonly lagRecords: number | null;
    }[];
  };
  readonly rowsPerSecond: number;
  readonly rowsTotal: number;
  readonly rejectedTotal: number;
  readonly rejectedLastMinute: number;
  readonly unknownFieldsLastHour: Readonly<Record<string, number>>;
  readonly lastCommitAtMs: number | null;
  readonly logVersion: number | null;
  readonly hiveVersion: number | null;
  readonly hivePublishedAtMs: number | null;
  readonly workflowUrl: string;
}

export interface PipelineReport {
  readonly nowMs: number;
  readonly tables: readonly TableReport[];
}

/** Sent every second, without an id: a stream that does not is dead. */
export interface Tick {
  readonly nowMs: number;
  readonly data: DataReport;
}

export const WINDOWS = ['1h', '6h', '24h', '7d'] as const;
export type Window = (typeof WINDOWS)[number];

export interface Incident {
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: Exclude<State, 'ok'>;
  readonly reasons: readonly string[];
}

/** One server's figures over time: mean of each bucket, null where there was no row. All lists run in parallel. */
export interface Series {
  readonly host: string;
  readonly window: Window;
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketMs: number;
  /** True where only some of the files of this window were read, evenly spread: short events can be missing. */
  readonly sampled: boolean;
  /** Start of each bucket. */
  readonly timeMs: readonly number[];
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
  readonly incidents: readonly Incident[];
}

/** One server in full: its summary and every column of its newest row, in the API's names. */
export interface ServerDetail {
  readonly nowMs: number;
  readonly server: ServerSummary;
  readonly row: Readonly<Record<string, number | string | boolean | null>>;
}

export interface ApiError {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string | null };
}
