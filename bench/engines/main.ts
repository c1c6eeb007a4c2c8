/**
 * DuckDB and Spark on the same batches: `npm run bench:engines -- [--records 1000000] [--runs 3]`
 */
import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { EngineName } from '../../definition/table-definition.ts';
import { BenchArena } from '../arena.ts';
import { NARROW } from '../data/bench-data.ts';
import { keepReport, thisMachine } from '../measure/report.ts';
import { engineReport, type EngineRun } from './engine-run.ts';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '3' } },
});
const SMALL_BATCH = 10_000;
const BATCHES = fileURLToPath(new URL('engine-batches.ts', import.meta.url));

function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

const startedAt = new Date().toISOString();
const bench = await BenchArena.start(NARROW, Number(values.records), progress, { SLUICE_ENGINE: 'spark' });

async function measure(engine: EngineName, serverPid: number): Promise<EngineRun> {
  progress(`${engine}: ${SMALL_BATCH} and ${values.records} records`);
  const args = [engine, String(serverPid), values.runs, String(SMALL_BATCH), values.records];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', BATCHES, ...args],
    { env: { ...process.env, ...bench.environment } },
  );
  return JSON.parse(stdout) as EngineRun;
}

try {
  const duckdb = await measure('duckdb', 0);
  const spark = await measure('spark', bench.stack.component('spark').pid ?? 0);
  const machine = thisMachine();
  const report = engineReport({
    startedAt,
    machine,
    load: loadavg()[0] ?? 0,
    runs: Number(values.runs),
    duckdb,
    spark,
  });
  keepReport('engines', report);
  process.stdout.write(report);
} finally {
  await bench.stop();
}
