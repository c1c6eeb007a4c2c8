import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDefinition } from '../../definition/parse.ts';
import type { EngineName } from '../../definition/table-definition.ts';
import { DuckDbThread } from '../../engines/duckdb/duckdb-thread.ts';
import type { Engine } from '../../engines/engine.ts';
import { SparkEngine } from '../../engines/spark/spark-engine.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { readSettings } from '../../settings/settings.ts';
import { NARROW } from '../data/bench-data.ts';
import { peakKibOf } from '../measure/process-watch.ts';
import { cpuSeconds, family } from '../measure/processes.ts';
import type { EngineRun, MeasuredBatch } from './engine-run.ts';

/**
 * One engine's batches, in a process of its own: node engine-batches.ts <engine> <pid of a server, or 0> <runs> <sizes…>
 * Each size's first batch is thrown away but for the first of all, which is the cold one.
 */
const [name, server, runs, ...sizes] = process.argv.slice(2);
const MAX_BYTES = 1024 ** 3;
const serverPid = Number(server);

const settings = readSettings();
const { kafka, spark, lakeUri } = settings;
const cluster = new KafkaCluster(kafka, 'bench');
const parsed = parseDefinition(NARROW.definition, 'bench_narrow.yaml');
const definition = { ...parsed, limits: { ...parsed.limits, maxBytes: MAX_BYTES } };
const { topic } = definition.source;
const { topicId } = await cluster.describeTopic(topic);
const ends = await cluster.offsets(topic);

async function open(): Promise<Engine> {
  if (name === 'spark') return SparkEngine.open(cluster, { spark, kafka, lakeUri });
  return DuckDbThread.open(kafka, { clientId: 'bench' });
}

function cpu(): number {
  return cpuSeconds([...family(process.pid), ...(serverPid === 0 ? [] : family(serverPid))]);
}

let sequence = 0;

/** The first records of each partition, so many in all. */
async function batch(engine: Engine, records: number): Promise<MeasuredBatch> {
  sequence += 1;
  const scratchFolder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const partitions = [...ends.keys()].sort();
  const ranges = partitions.map((partition, index) => {
    const share = Math.floor(records / partitions.length) + (index < records % partitions.length ? 1 : 0);
    return { partition, startOffset: '0', endOffset: String(share) };
  });
  const [startedMs, startedCpu] = [performance.now(), cpu()];
  try {
    const plan: BatchPlan = {
      ...{ sequence, revision: 0, plannedAtMs: 0, topic, topicId, ranges, nextOffsets: {} },
      ...{ format: 1, engine: name as EngineName, definitionHash: 'none' },
    };
    const { rows, files } = await engine.write({
      ...{ plan, definition, attempt: `a${sequence}`, scratchFolder, signal: new AbortController().signal },
    });
    if (rows !== records) throw new Error(`${rows} of ${records} records became rows.`);
    return {
      records,
      seconds: (performance.now() - startedMs) / 1000,
      cpuSeconds: cpu() - startedCpu,
      files: files.length,
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
  } finally {
    rmSync(scratchFolder, { recursive: true, force: true });
  }
}

const engine = await open();
const cold = await batch(engine, Number(sizes[0]));
const warm: MeasuredBatch[] = [];
for (const records of sizes.map(Number)) {
  await batch(engine, records);
  for (let run = 0; run < Number(runs); run += 1) warm.push(await batch(engine, records));
}
const peaks = [process.pid, serverPid].map((pid) => (pid === 0 ? 0 : peakKibOf(pid) / 1024));
const run: EngineRun = { cold, warm, peakMiB: peaks[0] ?? 0, serverPeakMiB: peaks[1] ?? 0 };
await engine.close();
await cluster.close();
process.stdout.write(`${JSON.stringify(run)}\n`);
