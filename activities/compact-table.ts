import { loadDefinition } from '../definition/load.ts';
import type { EngineName } from '../definition/table-definition.ts';
import { compactionFiles } from '../lake/compaction-files.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { planCompaction } from '../plans/compaction.ts';
import { maintainedTables } from '../plans/maintained-table.ts';
import { alive } from './alive.ts';
import {
  compactPartition,
  type CompactionParts,
  type PartitionInput,
  type PartitionOutcome,
} from './compact-partition.ts';
import { countRewrites, countRewrittenBytes } from './lake-measures.ts';

/** Partitions that one plan names; the rest is for the next. */
export const MAX_PARTITIONS_PLANNED = 100;

export interface CompactionInput {
  readonly table: string;
  /** Only this one, such as `dt=2026-11-23/hour=5`. */
  readonly partition?: string;
  /** What sorts the rows. @default duckdb */
  readonly engine?: EngineName;
}

/** A partition that is worth rewriting. */
export interface PlannedPartition extends PartitionInput {
  readonly files: number;
  readonly sizeBytes: number;
  readonly reason: string;
}

export interface CompactionActivities {
  /** What is worth rewriting in a table and its rejected table, partitions with the most files first. */
  readonly planTableCompaction: (input: CompactionInput) => Promise<PlannedPartition[]>;
  /** Makes one rewrite of one partition. */
  readonly compactPartition: (input: PartitionInput) => Promise<PartitionOutcome>;
}

/** The activities of compaction, on a worker's parts. */
export function createCompactionActivities(parts: CompactionParts): CompactionActivities {
  return {
    planTableCompaction: (input) => alive(() => planTable(parts, input)),
    compactPartition: (input) =>
      alive(async (signal) => {
        const startedAtMs = parts.clock.elapsedMs();
        const outcome = await compactPartition(parts, input, signal);
        tell(parts, input, outcome, parts.clock.elapsedMs() - startedAtMs);
        return outcome;
      }),
  };
}

function tell(parts: CompactionParts, input: PartitionInput, outcome: PartitionOutcome, tookMs: number): void {
  const { target: table, partition } = input;
  countRewrites(parts.instruments, table, outcome.kind, 1);
  const told = { table, partition, outcome: outcome.kind, tookMs };
  if (outcome.kind !== 'rewritten') {
    parts.journal?.('info', 'A rewrite has changed nothing.', told);
    return;
  }
  const { rows, filesBefore, filesAfter, bytesAfter } = outcome;
  countRewrittenBytes(parts.instruments, table, bytesAfter);
  parts.journal?.('info', 'A partition is rewritten.', { ...told, rows, filesBefore, filesAfter });
}

async function planTable(parts: CompactionParts, { table, partition }: CompactionInput): Promise<PlannedPartition[]> {
  const planned: PlannedPartition[] = [];
  for (const { shape, compaction } of maintainedTables(loadDefinition(parts.tablesFolder, table))) {
    const log = new TableLog(parts.storage, shape.path, parts.log);
    await log.refresh();
    const columns = shape.partitionColumns.map(({ name }) => name);
    const { units } = planCompaction(compactionFiles(log.snapshot), columns, compaction, parts.clock.nowMs());
    for (const unit of units) {
      if (partition !== undefined && unit.partition !== partition) continue;
      const { sizeBytes, reason } = unit;
      planned.push({
        table,
        target: shape.table,
        partition: unit.partition,
        files: unit.files.length,
        sizeBytes,
        reason,
      });
    }
  }
  return planned.sort((a, b) => b.files - a.files).slice(0, MAX_PARTITIONS_PLANNED);
}
