import { definitionHash } from '../definition/load.ts';
import { type TableDefinition, withoutArchive } from '../definition/table-definition.ts';
import type { BatchResult } from '../engines/engine.ts';
import { lostStretches, plannedRanges, type Stretch, withoutRanges } from '../plans/audit-window.ts';
import { ASSUMED_RECORD_SIZE_BYTES } from '../plans/micro-batch.ts';
import type { AuditRun } from './audit-run.ts';

/** What one window of the comparison may hold: it goes through the engine as a batch does. */
export const COMPARISON_LIMITS = { maxRows: 250_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Lets the engine make of Kafka's records what ingestion would; the files are there until `use` has ended. They are
 * archived only where `archives` says so, whatever the definition does.
 * @throws BatchTooLarge where the window holds more bytes than COMPARISON_LIMITS: look at fewer records
 */
export async function withExpectedRows(
  run: AuditRun,
  window: readonly Stretch[],
  definition: TableDefinition,
  use: (expected: BatchResult) => Promise<void>,
  options: { readonly archives?: boolean } = {},
): Promise<void> {
  const { parts, request } = run.subject;
  const plan = {
    format: 1,
    sequence: 0,
    revision: 0,
    plannedAtMs: 0,
    topic: definition.source.topic,
    topicId: run.held.topicId,
    // What was given up may be what can't be read.
    ranges: plannedRanges(withoutRanges(window, lostStretches(run.subject.table.lost))),
    nextOffsets: {},
    engine: definition.engine,
    definitionHash: definitionHash(definition),
  } as const;
  await parts.storage.withScratchFolder(async (scratchFolder) => {
    const { signal } = request;
    const batch = {
      plan,
      definition: limited(definition, options.archives === true),
      attempt: 'audit',
      scratchFolder,
      signal,
    };
    await use(await parts.engine.write(batch));
  });
}

/** A window may fall into more partitions than a batch may: nothing of it is committed. */
function limited(definition: TableDefinition, archives: boolean): TableDefinition {
  const { maxBytes } = COMPARISON_LIMITS;
  return {
    ...withoutArchive(definition),
    ...(archives ? { archive: { maxAgeMs: null } } : {}),
    limits: { ...definition.limits, maxBytes, maxPartitions: Number.MAX_SAFE_INTEGER },
  };
}

/** What to take a record's size for after a window turned out to be too large. */
export function largerRecordBytes(recordSizeBytes: number | undefined): number {
  return 4 * (recordSizeBytes ?? ASSUMED_RECORD_SIZE_BYTES);
}
