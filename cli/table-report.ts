import type { TableDefinition } from '../definition/table-definition.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { type Freshness, type LakeStatus, readLakeStatus } from '../lake/table-status.ts';
import type { LostRange } from '../plans/batch.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';
import type { Settings } from '../settings/settings.ts';
import { readTopicEnds } from './topic-ends.ts';

/** One table in `sluice status --json` and `sluice tables --json`; the shape is stable. Offsets are decimal texts. */
export interface TableReport {
  readonly table: string;
  readonly database: string;
  readonly location: string;
  /** null where the table has not begun. */
  readonly version: number | null;
  readonly rows: number;
  readonly files: number;
  readonly sizeBytes: number;
  readonly rejected: number;
  readonly lastCommitAtMs: number | null;
  readonly hiveVersion: number | null;
  readonly freshness: Freshness | null;
  readonly partitions: readonly PartitionReport[];
  /** Offsets that operators have given up: no row of theirs will come. */
  readonly lost: readonly LostRange[];
  /** Why the ends of the partitions are not known, where they are not, and what to do. */
  readonly kafkaFailure: string | null;
  /** Why what the lake holds is not known, where it is not: then every figure from it is 0 or null. */
  readonly lakeFailure: string | null;
}

export interface PartitionReport {
  readonly partition: number;
  readonly committedOffset: string;
  readonly endOffset: string | null;
  readonly lag: string | null;
  /** Offsets beyond the end that an open transaction holds back; null where that is not known. */
  readonly heldBack: string | null;
}

export async function reportTable(settings: Settings, definition: TableDefinition): Promise<TableReport> {
  const storage = openStorage(settings);
  const shape = mainTable(definition);
  const { topic } = definition.source;
  const [{ lake, rejected, failure }, ends] = await Promise.all([
    readLake(storage, definition),
    readTopicEnds(settings.kafka, topic),
  ]);
  const partitions = new Set([...(lake?.offsets.keys() ?? []), ...(ends.offsets?.keys() ?? [])]);
  return {
    table: definition.table,
    database: definition.database,
    location: storage.uriOf(shape.path),
    version: lake?.version ?? null,
    rows: lake?.rows ?? 0,
    files: lake?.files ?? 0,
    sizeBytes: lake?.sizeBytes ?? 0,
    rejected: rejected?.rows ?? 0,
    lastCommitAtMs: lake?.lastCommitAtMs ?? null,
    hiveVersion: lake?.hiveVersion ?? null,
    freshness: lake?.freshness ?? null,
    partitions: [...partitions]
      .sort((a, b) => a - b)
      .map((partition) => {
        const committed = lake?.offsets.get(partition) ?? 0n;
        const end = ends.offsets?.get(partition);
        return {
          partition,
          committedOffset: String(committed),
          endOffset: end === undefined ? null : String(end),
          // The log may be read a moment after Kafka.
          lag: end === undefined ? null : String(end < committed ? 0n : end - committed),
          heldBack: ends.held?.get(partition)?.toString() ?? null,
        };
      }),
    lost: lake?.lost ?? [],
    kafkaFailure: ends.failure?.advice ?? null,
    lakeFailure: failure,
  };
}

interface LakeReport {
  readonly lake: LakeStatus | undefined;
  readonly rejected: LakeStatus | undefined;
  readonly failure: string | null;
}

/** A lake that can't be read is part of the report, not the end of it. */
async function readLake(storage: Storage, definition: TableDefinition): Promise<LakeReport> {
  const { topic } = definition.source;
  const { column } = definition.eventTime;
  try {
    const [lake, rejected] = await Promise.all([
      readLakeStatus(storage, mainTable(definition), { topic, eventTimeColumn: column }),
      readLakeStatus(storage, rejectedTable(definition), { topic, eventTimeColumn: 'kafka_timestamp' }),
    ]);
    return { lake, rejected, failure: null };
  } catch (thrown) {
    return { lake: undefined, rejected: undefined, failure: asSluiceError(thrown).advice };
  }
}
