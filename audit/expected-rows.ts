import { definitionHash } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { BatchResult } from '../engines/engine.ts';
import { plannedRanges, type Stretch } from '../plans/audit-window.ts';
import type { AuditRun } from './audit-run.ts';

/** What one window of the comparison may hold: it goes through the engine as a batch does. */
export const COMPARISON_LIMITS = { maxRows: 250_000, maxBytes: 64 * 1024 * 1024 };

/** Lets the engine make of Kafka's records what ingestion would; the files are there until `use` has ended. */
export async function withExpectedRows(
  run: AuditRun,
  window: readonly Stretch[],
  definition: TableDefinition,
  use: (expected: BatchResult) => Promise<void>,
): Promise<void> {
  const { parts, request } = run.subject;
  const plan = {
    format: 1,
    sequence: 0,
    revision: 0,
    plannedAtMs: 0,
    topic: definition.source.topic,
    topicId: run.held.topicId,
    ranges: plannedRanges(window),
    nextOffsets: {},
    engine: definition.engine,
    definitionHash: definitionHash(definition),
  } as const;
  await parts.storage.withScratchFolder(async (scratchFolder) => {
    const { signal } = request;
    const batch = { plan, definition: unlimited(definition), attempt: 'audit', scratchFolder, signal };
    await use(await parts.engine.write(batch));
  });
}

/** A window may fall into more partitions than a batch may: nothing of it is committed. */
function unlimited(definition: TableDefinition): TableDefinition {
  return { ...definition, limits: { ...definition.limits, maxPartitions: Number.MAX_SAFE_INTEGER } };
}
