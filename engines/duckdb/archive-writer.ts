import { type DuckDBAppender, DuckDBTimestampTZValue } from '@duckdb/node-api';
import type { DuckDbSession } from '../../duckdb/session.ts';
import type { RawRecord } from '../../kafka/record.ts';
import type { RecordTaker } from '../../kafka/record-taker.ts';
import { archiveTable } from '../../plans/table-shape.ts';
import type { BatchRequest, WrittenFile } from '../engine.ts';
import { writeParquet } from './parquet-writer.ts';

/** Keeps every record of a batch as it came, whatever becomes of it. */
export class ArchiveWriter {
  readonly #session: DuckDbSession;
  readonly #appender: DuckDBAppender;

  private constructor(session: DuckDbSession, appender: DuckDBAppender) {
    this.#session = session;
    this.#appender = appender;
  }

  static async open(session: DuckDbSession): Promise<ArchiveWriter> {
    await session.run(`CREATE OR REPLACE TEMP TABLE archived (
      kafka_partition INTEGER, kafka_offset BIGINT, kafka_timestamp TIMESTAMPTZ, record_key BLOB, record_value BLOB)`);
    return new ArchiveWriter(session, await session.connection.createAppender('archived'));
  }

  add(record: RawRecord, partition: number): void {
    const appender = this.#appender;
    appender.appendInteger(partition);
    appender.appendBigInt(record.offset);
    appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(record.timestampMs) * 1000n));
    if (record.keyEnd < 0) appender.appendNull();
    else appender.appendBlob(record.buffer.subarray(record.keyStart, record.keyEnd));
    if (record.valueEnd < 0) appender.appendNull();
    else appender.appendBlob(record.buffer.subarray(record.valueStart, record.valueEnd));
    appender.endRow();
  }

  /** Keeps each record before it is offered to the taker. */
  before(taker: RecordTaker): RecordTaker {
    return {
      take: (record, partition) => {
        this.add(record, partition);
        return taker.take(record, partition);
      },
    };
  }

  async write(request: BatchRequest): Promise<WrittenFile[]> {
    this.#appender.closeSync();
    const select = 'SELECT *, CAST(kafka_timestamp AS DATE) AS dt FROM archived ORDER BY kafka_partition, kafka_offset';
    const files = await writeParquet(this.#session, select, archiveTable(request.definition), request);
    await this.#session.run('DROP TABLE archived');
    return files;
  }
}
