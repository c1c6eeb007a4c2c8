import { BatchWriter } from '../../../activities/batch-writer.ts';
import type { WindowParts } from '../../../activities/ingest-parts.ts';
import { runWindow } from '../../../activities/ingest-window.ts';
import type { PartedBatch, WindowProgress } from '../../../activities/window.ts';
import { Shelf } from '../../../activities/shelf.ts';
import { asSluiceError, type SluiceError } from '../../../errors/sluice-error.ts';
import { HiveMetastore } from '../../../lake/hive/metastore.ts';
import { jsonCheckpoint } from '../services/json-checkpoint.ts';
import { MemoryStorage } from '../services/memory-storage.ts';
import { MemoryCluster } from '../services/memory-topic.ts';
import { RowEngine } from '../services/row-engine.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';

const RETRY_DELAY_MS = 1_000;

export type WorkerParts = WindowParts;

/** What a worker works with, each part as this process reaches it. */
export function partsOf(world: World, process: SimulatedProcess): WorkerParts {
  let attempts = 0;
  const storage = new MemoryStorage(process, world.store, world.storageKind);
  return {
    storage,
    cluster: new MemoryCluster(process, world.topics),
    engine: new RowEngine(process, world.topics, (plan, shard) => world.beforeReading(plan, shard)),
    metastore: new HiveMetastore({
      endpoints: [{ host: 'metastore', port: 9083 }],
      connect: world.metastore.connectFrom(process),
    }),
    tablesFolder: world.tablesFolder,
    clock: process.clock,
    attemptName: () => attemptName(process, (attempts += 1)),
    logs: new Shelf(process.clock),
    published: new Shelf(process.clock),
    log: {
      checkpointEveryCommits: world.checkpointEveryCommits,
      checkpointFormat: jsonCheckpoint(process),
      clock: process.clock,
    },
  };
}

/** The first name that the parts of a process give. */
export function firstAttemptName(process: SimulatedProcess): string {
  return attemptName(process, 1);
}

function attemptName({ name }: SimulatedProcess, attempt: number): string {
  return `${name.replaceAll('-', '')}x${attempt}`;
}

/** Runs window after window, as the workflow has it done, until told to stop. */
export async function ingest(
  world: World,
  process: SimulatedProcess,
  table: string,
  { mode, cancelled }: { readonly mode: 'continuous' | 'drain'; readonly cancelled: AbortSignal },
): Promise<void> {
  const parts = partsOf(world, process);
  const report = (progress: WindowProgress): void => world.heard(process, table, progress);
  let parted: { readonly parted: number } | undefined;
  for (;;) {
    try {
      const input = { table, mode, windowMs: world.shape.windowMs, ...parted };
      parted = undefined;
      const { drained, parts: batch } = await runWindow(parts, input, cancelled, report);
      if (batch !== undefined) {
        await writeParts(parts, table, batch);
        parted = { parted: batch.sequence };
      }
      if (mode === 'drain' && drained) return;
    } catch (thrown) {
      if (!cancelled.aborted) world.heardFailure(process, failureOf(thrown));
      await process.clock.sleep(RETRY_DELAY_MS);
    }
    if (cancelled.aborted) return;
  }
}

/** All parts of a batch at a time, as so many activities would; other workers are at the same ones. */
async function writeParts(parts: WorkerParts, table: string, batch: PartedBatch): Promise<void> {
  const { signal } = new AbortController();
  const written = Array.from({ length: batch.shards }, (_, shard) =>
    BatchWriter.open(parts, table).writePart(batch, shard, signal),
  );
  await Promise.all(written);
}

/** A step that was given up is no failure of its own. */
function failureOf(thrown: unknown): SluiceError | undefined {
  if (thrown instanceof DOMException) return undefined;
  return asSluiceError(thrown);
}
