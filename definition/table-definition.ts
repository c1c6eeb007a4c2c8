/** The types that a column of a table can be declared with. `timestamp` is microseconds since the epoch, in UTC. */
export const COLUMN_TYPES = ['string', 'boolean', 'int', 'bigint', 'double', 'timestamp', 'date'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** What can turn a table's batches into files. */
export const ENGINES = ['duckdb', 'spark'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface ColumnDefinition {
  readonly name: string;
  readonly type: ColumnType;
  /** A record without a value here is rejected. */
  readonly required: boolean;
}

/** Bounds of one micro-batch; past them it is cut smaller, or refused with a message. */
export interface BatchLimits {
  readonly maxRows: number;
  /**
   * Bytes of records as fetched, before decompression; a record that cannot be taken over as a line counts expanded as
   * well. A single Kafka record batch that is larger is a batch by itself.
   */
  readonly maxBytes: number;
  /** Bytes of one record's value; a longer one is rejected. */
  readonly maxRecordBytes: number;
  /** Table partitions (event hours) that one batch may write into. */
  readonly maxPartitions: number;
  readonly stepTimeoutMs: number;
  /** Parts into which a batch is divided while more waits than the other limits let one take; each is within them. */
  readonly shards: number;
}

/** How a table's small files become fewer, larger, sorted ones. */
export interface CompactionSettings {
  /** Columns that rewritten files are sorted by. */
  readonly sortBy: readonly string[];
  /** Size that rewritten files are aimed at. */
  readonly targetFileBytes: number;
  /** Files of a partition that still fills which are worth merging; fewer are left for later. */
  readonly minFiles: number;
  /** After its end plus this a partition is rewritten to its final form. */
  readonly sealAfterMs: number;
  /** Bytes of files that one rewrite reads. */
  readonly maxRewriteBytes: number;
}

/** What a table keeps; null for no bound. Whole partitions go, the oldest first. */
export interface RetentionSettings {
  /** A partition goes once its end is longer ago than this. */
  readonly maxAgeMs: number | null;
  /** Bytes of live files. */
  readonly maxBytes: number | null;
}

/** Each record's original bytes, kept in a table beside its own for when Kafka has forgotten them. */
export interface ArchiveSettings {
  /** A day of it goes once its end is longer ago than this; null for no bound. */
  readonly maxAgeMs: number | null;
}

export interface VacuumSettings {
  /** How long a file that is not live any more is kept for queries that began while it was. */
  readonly graceMs: number;
  /** How long the log's entries are kept, and with them the table's past versions. */
  readonly logRetentionMs: number;
}

/** How often a table is looked after, in milliseconds; null for not at all. */
export interface ScheduleSettings {
  readonly compactionMs: number | null;
  readonly vacuumMs: number | null;
  readonly retentionMs: number | null;
  /** Offsets, files and Hive of what no certificate vouches for yet. */
  readonly quickAuditMs: number | null;
  /** The same with every record compared, and a certificate. */
  readonly fullAuditMs: number | null;
}

/** One table, as its operator defined it in `tables/<table>.yaml`, validated and with every default filled in. */
export interface TableDefinition {
  readonly table: string;
  readonly database: string;
  readonly description: string;
  readonly source: { readonly topic: string; readonly format: 'json' };
  readonly columns: readonly ColumnDefinition[];
  readonly eventTime: {
    readonly column: string;
    /** How far before and after the record's Kafka timestamp's day an event time may lie, in milliseconds. */
    readonly acceptPastMs: number;
    readonly acceptFutureMs: number;
  };
  readonly partitionBy: 'hour' | 'day';
  readonly engine: EngineName;
  readonly freshnessTargetMs: number;
  readonly limits: BatchLimits;
  readonly compaction: CompactionSettings;
  readonly retention: RetentionSettings;
  /** Left out where records are not archived. */
  readonly archive?: ArchiveSettings;
  readonly vacuum: VacuumSettings;
  readonly schedules: ScheduleSettings;
}

/** End the names of the tables that hold another one's rejected records, and its archive. */
export const REJECTED_SUFFIX = '_rejected';
export const ARCHIVE_SUFFIX = '_archive';

/** Columns that Sluice adds to every row: where it came from. */
export const PROVENANCE_COLUMNS = [
  { name: 'kafka_partition', type: 'int', required: true },
  { name: 'kafka_offset', type: 'bigint', required: true },
  { name: 'kafka_timestamp', type: 'timestamp', required: true },
] as const satisfies readonly ColumnDefinition[];

/** The table's partition columns, in Hive's order: kept in directory names and in the log, never in the files. */
export function partitionColumns(definition: Pick<TableDefinition, 'partitionBy'>): readonly ColumnDefinition[] {
  const dt: ColumnDefinition = { name: 'dt', type: 'date', required: true };
  return definition.partitionBy === 'day' ? [dt] : [dt, { name: 'hour', type: 'int', required: true }];
}

/** For who makes rows of records that have been archived, or that nobody is to archive. */
export function withoutArchive(definition: TableDefinition): TableDefinition {
  const copy: { -readonly [Key in keyof TableDefinition]: TableDefinition[Key] } = { ...definition };
  delete copy.archive;
  return copy;
}
