import { DuckDBBlobValue } from '@duckdb/node-api';
import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { mayHold } from '../plans/backfill.ts';
import type { AvailableOffsets } from '../plans/micro-batch.ts';
import type { Storage } from './storage/storage.ts';

/** Offsets that one query asks for: what is in memory at a time. */
const OFFSETS_AT_ONCE = 20_000n;
/** Records that the mean size is taken of. */
const SAMPLED_RECORDS = 1_000;
const LIMITS = { threads: 1, memoryLimit: '512MB' };

/** A file of an archive; its path begins in the storage's root. */
export interface ArchiveFile {
  readonly path: string;
  readonly stats?: string | undefined;
}

/** A record, byte for byte. */
export interface ArchivedRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface Range {
  readonly partition: number;
  readonly startOffset: bigint;
  readonly endOffset: bigint;
}

/** Records of a topic as files hold them that have an archive's columns. */
export class ArchivedRecords {
  readonly #storage: Pick<Storage, 'readLocally'>;
  readonly #files: readonly ArchiveFile[];

  constructor(storage: Pick<Storage, 'readLocally'>, files: readonly ArchiveFile[]) {
    this.#storage = storage;
    this.#files = files;
  }

  /** Of each Kafka partition that is held: its first offset, and the one after its last. */
  async offsets(): Promise<Map<number, AvailableOffsets>> {
    const rows = await this.#rows(
      this.#files,
      (
        of,
      ) => `SELECT kafka_partition AS p, min(kafka_offset)::VARCHAR AS first, (max(kafka_offset) + 1)::VARCHAR AS next
        FROM ${of} GROUP BY kafka_partition ORDER BY kafka_partition`,
    );
    return new Map(
      rows.map((row) => [
        Number(row['p']),
        { earliest: BigInt(String(row['first'])), lastStable: BigInt(String(row['next'])) },
      ]),
    );
  }

  /** Of each Kafka partition the first offset whose record is of that time or later; none where there is no such record. */
  async offsetsSince(_topic: string, timeMs: number): Promise<Map<number, bigint>> {
    const rows = await this.#rows(
      this.#files,
      (of) => `SELECT kafka_partition AS p, min(kafka_offset)::VARCHAR AS first
        FROM ${of} WHERE epoch_ms(kafka_timestamp) >= ${timeMs} GROUP BY kafka_partition`,
    );
    return new Map(rows.map((row) => [Number(row['p']), BigInt(String(row['first']))]));
  }

  /** Mean size of the first records of a range, in bytes; undefined where it has none. */
  async recordSizeBytes(range: Range): Promise<number | undefined> {
    const [row] = await this.#rows(
      this.#filesOf(range),
      (of) => `SELECT avg(coalesce(octet_length(record_key), 0) + coalesce(octet_length(record_value), 0)) AS size
        FROM (SELECT record_key, record_value FROM ${of} WHERE ${within(range)} LIMIT ${SAMPLED_RECORDS})`,
    );
    const size = Number(row?.['size'] ?? Number.NaN);
    return Number.isFinite(size) ? Math.ceil(size) : undefined;
  }

  /** The records of a range, in order. */
  async *read(range: Range): AsyncGenerator<ArchivedRecord[], void, undefined> {
    for (let startOffset = range.startOffset; startOffset < range.endOffset; startOffset += OFFSETS_AT_ONCE) {
      const end = startOffset + OFFSETS_AT_ONCE;
      yield await this.#readAtOnce({ ...range, startOffset, endOffset: end < range.endOffset ? end : range.endOffset });
    }
  }

  async #readAtOnce(range: Range): Promise<ArchivedRecord[]> {
    const files = this.#filesOf(range);
    if (files.length === 0) return [];
    return this.#storage.readLocally(
      files.map(({ path }) => path),
      async (local) => {
        const session = await DuckDbSession.open(LIMITS);
        try {
          const reader = await session.connection.runAndReadAll(
            `SELECT kafka_offset, epoch_ms(kafka_timestamp), record_key, record_value
             FROM ${readFiles(local)} WHERE ${within(range)} ORDER BY kafka_offset`,
          );
          return reader.getRows().map(([offset, timestampMs, key, value]) => ({
            offset: offset as bigint,
            timestampMs: Number(timestampMs),
            key: bytesOf(key),
            value: bytesOf(value),
          }));
        } finally {
          session.close();
        }
      },
    );
  }

  #filesOf({ partition, startOffset, endOffset }: Range): ArchiveFile[] {
    const ranges = [{ partition, startOffset: String(startOffset), endOffset: String(endOffset) }];
    const plan = { ranges, sequence: Number.MAX_SAFE_INTEGER };
    return this.#files.filter(({ path, stats }) => mayHold(plan, stats === undefined ? { path } : { path, stats }));
  }

  async #rows(files: readonly ArchiveFile[], select: (from: string) => string): Promise<Record<string, unknown>[]> {
    if (files.length === 0) return [];
    const paths = files.map(({ path }) => path);
    return this.#storage.readLocally(paths, (local) => DuckDbSession.once(select(readFiles(local))));
  }
}

function readFiles(local: readonly string[]): string {
  return `read_parquet([${local.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`;
}

function within({ partition, startOffset, endOffset }: Range): string {
  return `kafka_partition = ${partition} AND kafka_offset >= ${startOffset} AND kafka_offset < ${endOffset}`;
}

function bytesOf(value: unknown): Buffer | null {
  return value instanceof DuckDBBlobValue ? Buffer.from(value.bytes) : null;
}
