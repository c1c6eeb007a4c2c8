import type { TableDefinition } from '../definition/table-definition.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { type Freshness, readLakeStatus } from '../lake/table-status.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';
import type { Settings } from '../settings/settings.ts';

/** Longest that a report waits for Kafka before it says that the lag is not known. */
const KAFKA_LIMIT_MS = 3_000;

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
  /** Why the ends of the partitions are not known, where they are not. */
  readonly kafkaFailure: string | null;
}

export interface PartitionReport {
  readonly partition: number;
  readonly committedOffset: string;
  readonly endOffset: string | null;
  readonly lag: string | null;
}

export async function reportTable(settings: Settings, definition: TableDefinition): Promise<TableReport> {
  const storage = openStorage(settings);
  const shape = mainTable(definition);
  const { topic } = definition.source;
  const [lake, rejected, ends] = await Promise.all([
    readLakeStatus(storage, shape, { topic, eventTimeColumn: definition.eventTime.column }),
    readLakeStatus(storage, rejectedTable(definition), { topic, eventTimeColumn: 'kafka_timestamp' }),
    endOffsets(settings, topic),
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
          lag: end === undefined ? null : String(end - committed),
        };
      }),
    kafkaFailure: ends.failure,
  };
}

async function endOffsets(
  settings: Settings,
  topic: string,
): Promise<{ offsets: Map<number, bigint> | undefined; failure: string | null }> {
  const cluster = new KafkaCluster(settings.kafka, 'sluice-cli');
  try {
    const signal = AbortSignal.timeout(KAFKA_LIMIT_MS);
    const offsets = await cluster.offsets(topic, { signal, retryLimitMs: KAFKA_LIMIT_MS });
    return {
      offsets: new Map([...offsets].map(([partition, { lastStable }]) => [partition, lastStable])),
      failure: null,
    };
  } catch (thrown) {
    return { offsets: undefined, failure: asSluiceError(thrown).message };
  } finally {
    await cluster.close();
  }
}
