/**
 * Sluice and its peers on the same topic, in turn: `npm run bench -- --help`.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchArena } from './arena.ts';
import { BY_HAND } from './contenders/by-hand.ts';
import type { Contender } from './contenders/contender.ts';
import { ICEBERG_CONNECT } from './contenders/iceberg-connect.ts';
import { FLOOR } from './contenders/floor.ts';
import { SLUICE } from './contenders/sluice.ts';
import { SPARK_STREAMING } from './contenders/spark-streaming.ts';
import { BENCH_DATA } from './data/bench-data.ts';
import type { Measurement } from './measure/measurement.ts';
import { type Comparison, keepReport, markdownReport, markdownTable, summary, thisMachine } from './measure/report.ts';

const CONTENDERS: readonly Contender[] = [SLUICE, FLOOR, BY_HAND, ICEBERG_CONNECT, SPARK_STREAMING];
const DEFAULT_CONTENDERS = CONTENDERS.map(({ name }) => name).join(',');

const HELP = `Moves a topic's records into Parquet with Sluice and with its peers, in turn, and compares what it took.

  npm run bench -- [options]

  --data narrow|wide       9 fields in 168 bytes, or a server's health in 33 fields (narrow)
  --records <n>            records in the topic (3000000)
  --runs <n>               of each contender, alternating (3)
  --contenders <a,b>       of ${DEFAULT_CONTENDERS} (all)
  --report <name>          also writes bench/results/<name>.md
  --json                   everything as one line of JSON
`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'narrow' },
    records: { type: 'string', default: '3000000' },
    runs: { type: 'string', default: '3' },
    contenders: { type: 'string', default: DEFAULT_CONTENDERS },
    report: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

async function compare(): Promise<Comparison> {
  const data = BENCH_DATA[values.data];
  if (data === undefined) throw new Error(`There is no data "${values.data}": narrow or wide.`);
  const chosen = values.contenders.split(',').map((name) => {
    const found = CONTENDERS.find((contender) => contender.name === name);
    if (found === undefined) throw new Error(`There is no contender "${name}": ${DEFAULT_CONTENDERS}.`);
    return found;
  });
  const records = Number(values.records);
  const startedAt = new Date().toISOString();
  const bench = await BenchArena.start(data, records, progress);
  try {
    const { arena } = bench;
    const lines = statSync(join(arena.settings.home, `${arena.topic}.ndjson`)).size;
    const runs: Measurement[] = [];
    for (const contender of chosen) await contender.prepare?.(arena);
    for (let run = 1; run <= Number(values.runs); run += 1) {
      for (const contender of chosen) {
        progress(`run ${run}: ${contender.name}`);
        const folder = bench.folder(`${contender.name}-${run}`);
        const found = await contender.run(arena, folder, run);
        progress(`  ${Math.round(found.rows / found.cpuSeconds)} rows a CPU-second, ${found.seconds.toFixed(1)} s`);
        runs.push(found);
        bench.folder(`${contender.name}-${run}`);
      }
    }
    const recordBytes = Math.round(lines / records) - 1;
    const { partitions } = arena;
    return { data: data.name, records, recordBytes, partitions, machine: thisMachine(), startedAt, runs };
  } finally {
    await bench.stop();
  }
}

if (values.help) process.stdout.write(HELP);
else {
  const comparison = await compare();
  if (values.json) process.stdout.write(`${JSON.stringify({ ...comparison, medians: summary(comparison.runs) })}\n`);
  else process.stdout.write(markdownTable(comparison));
  if (values.report !== undefined) keepReport(values.report, markdownReport(comparison));
}
