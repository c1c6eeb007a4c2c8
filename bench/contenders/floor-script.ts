import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { DUCKDB_TYPES } from '../../engines/duckdb/record-sql.ts';
import { readRange } from '../../kafka/range-reader.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { ScriptClock } from './script.ts';

interface FloorInput {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly records: number;
  readonly definition: TableDefinition;
  readonly lines: string;
  readonly folder: string;
}

const { brokers, topic, records, definition, lines, folder } = JSON.parse(process.argv[2] ?? '') as FloorInput;
const session = await DuckDbSession.open();
const cluster = new KafkaCluster({ brokers, given: true, sasl: undefined, tls: undefined }, 'bench-floor');
const clock = new ScriptClock();

const { topicId } = await cluster.describeTopic(topic);
let fetched = 0;
for (const [partition, { earliest, lastStable }] of await cluster.offsets(topic)) {
  const range = { partition, startOffset: earliest, endOffset: lastStable };
  for await (const chunk of readRange(cluster, topicId, range, { signal: new AbortController().signal })) {
    fetched += chunk.rowCount;
  }
}
await cluster.close();
if (fetched !== records) throw new Error(`${fetched} of ${records} records were fetched.`);

const columns = definition.columns.map(({ name, type }) => `${literal(name)}: '${DUCKDB_TYPES[type]}'`).join(', ');
const time = `"${definition.eventTime.column}"`;
await session.run(
  `COPY (SELECT *, CAST(${time} AS DATE) AS dt, hour(${time}) AS hour
         FROM read_json(${literal(lines)}, format = 'newline_delimited', columns = {${columns}}))
   TO ${literal(folder)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (dt, hour), RETURN_STATS)`,
);
session.close();
clock.report();
