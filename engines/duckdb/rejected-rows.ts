import { DuckDBTimestampTZValue } from '@duckdb/node-api';
import { rejectedTable } from '../../plans/table-shape.ts';
import type { BatchRequest, WrittenFile } from '../engine.ts';
import type { RejectedRecord } from './isolation.ts';
import { writeParquet } from './parquet-writer.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';

/** Writes rejected records, original bytes and reason, as files of the rejected table. */
export async function writeRejected(
  session: DuckDbSession,
  rejected: readonly RejectedRecord[],
  request: BatchRequest,
): Promise<WrittenFile[]> {
  if (rejected.length === 0) return [];
  await session.run(`CREATE OR REPLACE TEMP TABLE rejected (
    kafka_topic VARCHAR, kafka_partition INTEGER, kafka_offset BIGINT, kafka_timestamp TIMESTAMPTZ,
    record_key BLOB, record_value BLOB, reason VARCHAR, detail VARCHAR)`);
  const appender = await session.connection.createAppender('rejected');
  const appendBytes = (bytes: Buffer | null): void =>
    bytes === null ? appender.appendNull() : appender.appendBlob(bytes);
  for (const record of rejected) {
    appender.appendVarchar(request.plan.topic);
    appender.appendInteger(record.partition);
    appender.appendBigInt(record.offset);
    appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(record.timestampMs) * 1000n));
    appendBytes(record.key);
    appendBytes(record.value);
    appender.appendVarchar(record.reason);
    appender.appendVarchar(record.detail);
    appender.endRow();
  }
  appender.closeSync();
  const select = 'SELECT *, CAST(kafka_timestamp AS DATE) AS dt FROM rejected ORDER BY kafka_partition, kafka_offset';
  const files = await writeParquet(session, select, rejectedTable(request.definition), request);
  await session.run('DROP TABLE rejected');
  return files;
}
