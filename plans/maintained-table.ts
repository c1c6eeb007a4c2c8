import type { CompactionSettings, RetentionSettings, TableDefinition } from '../definition/table-definition.ts';
import { archiveTable, mainTable, rejectedTable, type TableShape } from './table-shape.ts';

/** A table that is compacted, vacuumed and bounded. */
export interface MaintainedTable {
  readonly shape: TableShape;
  readonly compaction: CompactionSettings;
  readonly retention: RetentionSettings;
}

/**
 * A definition's own table, that of its rejected records, and that of its archive where it has one. The rejected table has the
 * age of its table; the size is the table's alone.
 */
export function maintainedTables(
  definition: TableDefinition,
): readonly [MaintainedTable, MaintainedTable, ...MaintainedTable[]] {
  const { compaction, retention, archive } = definition;
  const byOffset = { ...compaction, sortBy: ['kafka_partition', 'kafka_offset'] };
  return [
    { shape: mainTable(definition), compaction, retention },
    { shape: rejectedTable(definition), compaction: byOffset, retention: { ...retention, maxBytes: null } },
    ...(archive === undefined
      ? []
      : [{ shape: archiveTable(definition), compaction: byOffset, retention: { ...archive, maxBytes: null } }]),
  ];
}
