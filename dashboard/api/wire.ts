/** Everything that the API sends, as API.md documents it. Names are stable; units come last. */
import type { AuditMode, Verdict } from '../../plans/audit-report.ts';
import type { HourState } from '../hour-state.ts';
import type { RecordedAction } from '../../lake/action-log.ts';
import type { State } from '../server-state.ts';
import type { TableCondition } from '../table-condition.ts';

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
  readonly newestEventTimeMs: number;
  /** Servers that only have a newer row. */
  readonly figures: {
    readonly host: readonly string[];
    /** How much older than `newestEventTimeMs` each row is. */
    readonly behindMs: readonly number[];
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
  /** The whole of it in one state, from the log, Kafka, Temporal and the newest audit together. */
  readonly condition: TableCondition;
  readonly files: number;
  readonly sizeBytes: number;
  /** The newest audit; null before the first. */
  readonly audit: AuditOutcome | null;
  readonly certificate: CertificateReport | null;
  /** What runs for it in Temporal now; empty also where Temporal does not answer. */
  readonly workflows: readonly WorkflowReport[];
}

export interface AuditOutcome {
  readonly auditId: string;
  readonly mode: AuditMode;
  readonly verdict: Verdict;
  readonly endedAtMs: number;
  /** Findings by severity. Notices harm no reader. */
  readonly errors: number;
  readonly warnings: number;
  readonly notices: number;
  /** The first few, worst first. */
  readonly findings: readonly { readonly kind: string; readonly severity: string; readonly message: string }[];
  /** What could not be looked at, and why. */
  readonly notDone: readonly { readonly check: string; readonly why: string }[];
}

export interface CertificateReport {
  readonly number: number;
  readonly certifiedAtMs: number;
  /** Every record with an earlier Kafka timestamp was in then; null where that is not known. */
  readonly watermarkMs: number | null;
}

export interface WorkflowReport {
  readonly workflowId: string;
  /** What it says of itself in one word. */
  readonly state: string | null;
  readonly startedAtMs: number;
  readonly url: string;
}

export interface PipelineReport {
  readonly nowMs: number;
  /** Whether Temporal answers, and what to do where it does not. Everything else is shown all the same. */
  readonly temporal: { readonly state: 'known' | 'unknown'; readonly words: string; readonly url: string };
  readonly tables: readonly TableReport[];
}

/** One hour of a table, or one day where it has no hours. */
export interface HourReport {
  /** Its name in Hive: `dt=2026-11-23/hour=5`. */
  readonly partition: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: HourState;
  /** Why, in words. */
  readonly words: string;
  readonly rows: number;
  readonly files: number;
  readonly sizeBytes: number;
  /** Files as batches wrote them, which no rewrite has taken yet. */
  readonly batchFiles: number;
  /** Rows that came after the hour had settled, rewritten since or not. */
  readonly lateRows: number;
  readonly lastBatchAtMs: number | null;
  readonly lastRewriteAtMs: number | null;
  readonly certified: {
    readonly rows: number;
    readonly unverifiedRows: number;
    readonly rejected: number;
    readonly checksum: string;
    readonly sealed: boolean;
  } | null;
}

/** A table's hours over some time, oldest first; hours without a row are left out before the first and after now. */
export interface HoursReport {
  readonly nowMs: number;
  readonly table: string;
  readonly unit: 'hour' | 'day';
  /** The time that is told of: from the start of its first hour to the end of its last. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Start of the table's oldest hour; null where it has none. */
  readonly oldestMs: number | null;
  readonly logVersion: number | null;
  readonly certificate: CertificateReport | null;
  readonly hours: readonly HourReport[];
}

/** Bytes that came from somewhere: what is shown of them is safe to show. */
export interface ShownBytes {
  readonly sizeBytes: number;
  /** How many of them `text` and `hex` tell; the first ones. */
  readonly shownBytes: number;
  /** UTF-8 where it is; all else, and what would not be seen, as `\xNN`. */
  readonly text: string;
  readonly hex: string;
}

export interface RejectedSample {
  readonly partition: number;
  readonly offset: string;
  readonly kafkaTimeMs: number;
  readonly detail: string | null;
  readonly key: ShownBytes | null;
  readonly value: ShownBytes | null;
}

export interface RejectedGroup {
  readonly reason: string;
  readonly records: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The newest ones. */
  readonly samples: readonly RejectedSample[];
}

/** A table's rejected records by reason, the most frequent first. */
export interface RejectedReport {
  readonly table: string;
  readonly rejectedTable: string;
  readonly recordsTotal: number;
  /** The newest records, which `groups` are of; fewer than the total where there are very many. */
  readonly recordsRead: number;
  readonly groups: readonly RejectedGroup[];
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

/** What an action's request is answered with. */
export interface ActionAnswer {
  /** Its name in the record; null where the lake did not take it. */
  readonly id: string | null;
  readonly recorded: boolean;
  /** What the action itself returns; API.md says it for each. */
  readonly result: unknown;
}

/** Who did what, newest first. */
export interface ActionsReport {
  readonly actions: readonly RecordedAction[];
}
