import { describe, expect, it } from 'vitest';
import {
  claimsExactStatistics,
  hasAllColumns,
  missingColumns,
  newPartition,
  newTable,
  renewed,
} from '../../../lake/hive/hive-table.ts';
import type { Table } from '../../../lake/hive/metastore-types.ts';
import type { TableShape } from '../../../plans/table-shape.ts';

const LOCATION = 'file:/lake/health/t';
const SHAPE: TableShape = {
  database: 'health',
  table: 't',
  path: 'health/t',
  columns: [
    { name: 'host', type: 'string', required: true },
    { name: 'Raw', type: 'binary', required: false },
  ],
  partitionColumns: [{ name: 'dt', type: 'date', required: true }],
};

describe('a table that exists already', () => {
  const table = newTable(SHAPE, LOCATION);

  it('is ours when we made it', () => {
    expect(missingColumns(table, SHAPE, LOCATION)).toEqual([]);
  });

  it('may have more columns, and lacks those that are new', () => {
    const wider = { ...SHAPE, columns: [...SHAPE.columns, { name: 'cpu', type: 'double', required: false } as const] };
    expect(missingColumns(table, wider, LOCATION)).toEqual([{ name: 'cpu', type: 'double' }]);
    expect(missingColumns(newTable(wider, LOCATION), SHAPE, LOCATION)).toEqual([]);
  });

  const descriptor = table.sd ?? {};
  it.each<[string, Table]>([
    [
      'its location is file:/other, not file:/lake/health/t',
      { ...table, sd: { ...descriptor, location: 'file:/other' } },
    ],
    ['it is a MANAGED_TABLE, not an EXTERNAL_TABLE', { ...table, tableType: 'MANAGED_TABLE' }],
    ['its format is Text, not Parquet', { ...table, sd: { ...descriptor, serdeInfo: { serializationLib: 'Text' } } }],
    [
      'it is partitioned by (dt string), not by (dt date)',
      { ...table, partitionKeys: [{ name: 'dt', type: 'string' }] },
    ],
    [
      'its column host is of type int, not string',
      { ...table, sd: { ...descriptor, cols: [{ name: 'host', type: 'int' }] } },
    ],
  ])('is refused, with the reason: %s', (reason, existing) => {
    expect(() => missingColumns(existing, SHAPE, LOCATION)).toThrow(
      expect.objectContaining({
        code: 'METASTORE_REFUSED',
        message: `The Hive table health.t exists and is not this table: ${reason}.`,
        remedy: expect.stringContaining('Drop or rename') as string,
      }) as Error,
    );
  });
});

describe('a partition', () => {
  const table = newTable(SHAPE, LOCATION);
  const partition = {
    ...newPartition(table, ['2026-11-23'], `${LOCATION}/old`),
    createTime: 7,
    parameters: { COLUMN_STATS_ACCURATE: '{"BASIC_STATS":"true"}', kept: 'yes' },
  };

  it('keeps everything but location, columns and the claim to exact statistics when it is renewed', () => {
    const widerShape = {
      ...SHAPE,
      columns: [...SHAPE.columns, { name: 'cpu', type: 'double', required: false } as const],
    };
    const wider = newTable(widerShape, LOCATION);
    expect(hasAllColumns(partition, SHAPE)).toBe(true);
    expect(hasAllColumns(partition, widerShape)).toBe(false);
    expect(claimsExactStatistics(partition)).toBe(true);
    const after = renewed(partition, wider, `${LOCATION}/new`);
    expect(after).toEqual({
      ...partition,
      sd: { ...partition.sd, cols: wider.sd?.cols, location: `${LOCATION}/new` },
      parameters: { kept: 'yes' },
    });
    expect(hasAllColumns(after, widerShape)).toBe(true);
    expect(claimsExactStatistics(after)).toBe(false);
  });
});
