import type { CompactionSettings, TableDefinition } from '../definition/table-definition.ts';
import { mainTable, rejectedTable, type TableShape } from './table-shape.ts';

/** A table that is compacted and vacuumed: each definition has two, its own and that of its rejected records. */
export interface MaintainedTable {
  readonly shape: TableShape;
  readonly compaction: CompactionSettings;
}

export function maintainedTables(definition: TableDefinition): readonly [MaintainedTable, MaintainedTable] {
  const { compaction } = definition;
  return [
    { shape: mainTable(definition), compaction },
    {
      shape: rejectedTable(definition),
      compaction: { ...compaction, sortBy: ['kafka_partition', 'kafka_offset'] },
    },
  ];
}
