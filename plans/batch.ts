import type { EngineName } from '../definition/table-definition.ts';

/**
 * The two files that make a batch happen once. A plan fixes what a batch holds before its first byte is read; a seal
 * decides what it became. Both are created whole, never changed. Offsets are decimal texts, since JSON has no int64.
 */
export interface PlannedRange {
  readonly partition: number;
  readonly startOffset: string;
  /** Exclusive. */
  readonly endOffset: string;
}

/** Offsets that an operator has given up, for good: no row of theirs will come to the table. */
export interface LostRange extends PlannedRange {
  /** `expired`: Kafka has them no longer. `given_up`: they could not be ingested. */
  readonly cause: 'expired' | 'given_up';
  /** Who decided, and when, in milliseconds since the epoch. */
  readonly by: string;
  readonly acceptedAtMs: number;
}

/** Why a revision was made. The list is closed. */
export type RevisionReason =
  'too_large' | 'too_many_partitions' | 'too_slow' | 'unreadable' | 'redefined' | 'abandoned' | 'loss_accepted';

/** What a revision says of itself. */
export interface PlanChange {
  readonly reason: RevisionReason;
  /** What happened, in words. */
  readonly detail: string;
  /** Who decided: `sluice`, or an operator's name. */
  readonly by: string;
}

/** How a batch is made, whatever it holds. */
export interface BatchMaking {
  readonly engine: EngineName;
  /** Names the definition that the batch is written by, kept in `_sluice/definitions/`. */
  readonly definitionHash: string;
}

export interface BatchPlan extends BatchMaking {
  readonly format: 1;
  /** Batches of a table are numbered from 1, without gaps. */
  readonly sequence: number;
  /** A batch that cannot be done as planned gets the next revision, never an edit. */
  readonly revision: number;
  readonly plannedAtMs: number;
  readonly topic: string;
  readonly topicId: string;
  readonly ranges: readonly PlannedRange[];
  /** Next offset of every partition once this batch is committed, those without a range included. */
  readonly nextOffsets: Readonly<Record<string, string>>;
  /** Parts that are written one beside the other, by whoever is free (`plans/shard.ts`). @default 1 */
  readonly shards?: number;
  /** Of a plan that is not a batch's first, or that an operator has made. */
  readonly change?: PlanChange;
  /** Offsets that this batch passes over. Each partition's lie before its range. */
  readonly lost?: readonly LostRange[];
}

/** A Parquet file as it was written, with what the log needs to know of it. */
export interface DataFile {
  /** Relative to the table's folder. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  readonly rows: number;
  /** The log's statistics: a JSON text (Delta PROTOCOL.md#per-file-statistics). */
  readonly stats: string;
}

/** What a batch, or a part of it, became. */
export interface BatchContents {
  readonly rows: number;
  readonly files: readonly DataFile[];
  readonly rejectedRows: number;
  readonly rejectedFiles: readonly DataFile[];
  /** Of the archive; left out where there is none. */
  readonly archiveFiles?: readonly DataFile[];
  /** Fields that no column takes, by name, with how many records had them. */
  readonly unknownFields: Readonly<Record<string, number>>;
  /** Of the records as they were read, by which the next batch is planned; left out by older versions. */
  readonly fetchedBytes?: number;
}

/** Of one part of a batch. The first manifest of a part decides; other attempts' files are waste. */
export interface BatchManifest extends BatchContents {
  readonly format: 1;
  readonly sequence: number;
  readonly revision: number;
  readonly shard: number;
  readonly attempt: string;
}

export interface BatchSeal extends BatchContents {
  readonly format: 1;
  readonly sequence: number;
  readonly revision: number;
  /** As planned; left out in a seal of an older version. */
  readonly definitionHash?: string;
  readonly attempt: string;
  readonly sealedAtMs: number;
  readonly topic: string;
  readonly nextOffsets: Readonly<Record<string, string>>;
  /** As planned. */
  readonly lost?: readonly LostRange[];
}

/** appId of the log's transaction that says how far a topic partition has been committed. */
export function partitionAppId(topic: string, partition: number | string): string {
  return `sluice/${topic}/${partition}`;
}

/** appId of the log's transaction that holds the sequence number of the last committed batch. */
export function sequenceAppId(topic: string): string {
  return `sluice/${topic}`;
}
