import { createHash } from 'node:crypto';
import { DuckDBTimestampTZValue } from '@duckdb/node-api';
import { LARGEST_RECORD_BYTES } from '../../definition/parse.ts';
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
  for (const record of rejected.map(storable)) {
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

/** Bytes that no row could hold stay in Kafka alone: the row says how many they were, and their SHA-256. */
function storable(record: RejectedRecord): RejectedRecord {
  const oversized = (['key', 'value'] as const).filter((part) => (record[part]?.length ?? 0) > LARGEST_RECORD_BYTES);
  if (oversized.length === 0) return record;
  const left = oversized.map((part) => {
    const bytes = record[part] ?? Buffer.alloc(0);
    return `the ${part} of ${bytes.length} bytes (SHA-256 ${createHash('sha256').update(bytes).digest('hex')})`;
  });
  const without = Object.fromEntries(oversized.map((part) => [part, null]));
  return { ...record, ...without, detail: `${record.detail}; ${left.join(' and ')} is not kept` };
}
