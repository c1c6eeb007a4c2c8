import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { Kafka, logLevel } from 'kafkajs';
import type { ColumnType, TableDefinition } from '../../definition/table-definition.ts';
import { ScriptClock } from './script.ts';

interface ByHandInput {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly records: number;
  readonly definition: TableDefinition;
  readonly folder: string;
}

/** Rows that are kept until they are written, as Sluice's batches of such records have them. */
const FLUSH_ROWS = 300_000;
const PARQUET_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'STRING',
  boolean: 'BOOLEAN',
  int: 'INT32',
  bigint: 'INT64',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
  date: 'TIMESTAMP',
};

const { brokers, topic, records, definition, folder } = JSON.parse(process.argv[2] ?? '') as ByHandInput;
const { columns, eventTime } = definition;
const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `bench-${Date.now()}`, maxBytesPerPartition: 8 * 1024 ** 2 });
const clock = new ScriptClock();
let hours = new Map<string, unknown[][]>();
let [kept, taken, written] = [0, 0, 0];

function take(value: Buffer, partition: number, offset: string, timestamp: string): void {
  const record = JSON.parse(value.toString()) as Record<string, unknown>;
  const hour = String(record[eventTime.column]).slice(0, 13);
  let buffered = hours.get(hour);
  if (buffered === undefined) hours.set(hour, (buffered = [...columns, 0, 0, 0].map(() => [])));
  columns.forEach(({ name, type }, index) => buffered[index]?.push(valueOf(record[name], type)));
  [partition, BigInt(offset), new Date(Number(timestamp))].forEach((origin, index) =>
    buffered[columns.length + index]?.push(origin),
  );
  kept += 1;
}

function valueOf(value: unknown, type: ColumnType): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'timestamp' || type === 'date') return new Date(value as string);
  return type === 'bigint' ? BigInt(value as number) : value;
}

function flush(): void {
  for (const [hour, buffered] of hours) {
    const filename = join(folder, `dt=${hour.slice(0, 10)}`, `hour=${Number(hour.slice(11))}`, `${written}.parquet`);
    mkdirSync(dirname(filename), { recursive: true });
    const named = [...columns, ...ORIGIN].map(({ name, type }, index) => ({
      name,
      type: PARQUET_TYPES[type] as 'STRING',
      data: buffered[index] ?? [],
      nullable: true,
    }));
    parquetWriteFile({
      filename,
      columnData: named,
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    });
    written += 1;
  }
  hours = new Map();
  kept = 0;
  clock.firstRow();
}

const ORIGIN = [
  { name: 'kafka_partition', type: 'int' },
  { name: 'kafka_offset', type: 'bigint' },
  { name: 'kafka_timestamp', type: 'timestamp' },
] as const;

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      eachBatch: ({ batch }) => {
        for (const { value, offset, timestamp } of batch.messages) {
          if (value !== null) take(value, batch.partition, offset, timestamp);
        }
        taken += batch.messages.length;
        if (kept >= FLUSH_ROWS || taken === records) flush();
        if (taken === records) resolve();
        return Promise.resolve();
      },
    })
    .catch(reject);
});
clock.report();
process.exit(0);
