import { describe, expect, it } from 'vitest';
import {
  claimsExactStatistics,
  newPartition,
  newTable,
  outdatedColumns,
  renewed,
  takesAllColumns,
  withColumns,
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
    expect(outdatedColumns(table, SHAPE, LOCATION)).toEqual([]);
  });

  it('may have more columns, and lacks those that are new', () => {
    const wider = { ...SHAPE, columns: [...SHAPE.columns, { name: 'cpu', type: 'double', required: false } as const] };
    expect(outdatedColumns(table, wider, LOCATION)).toEqual([{ name: 'cpu', type: 'double' }]);
    expect(outdatedColumns(newTable(wider, LOCATION), SHAPE, LOCATION)).toEqual([]);
  });

  const withCores = (type: 'int' | 'bigint' | 'double'): TableShape => ({
    ...SHAPE,
    columns: [{ name: 'Cores', type, required: false }, ...SHAPE.columns],
  });

  it('has a column widened where it is narrower than ours, and left as it is where it is wider', () => {
    const narrow = newTable(withCores('int'), LOCATION);
    const changed = outdatedColumns(narrow, withCores('bigint'), LOCATION);
    expect(changed).toEqual([{ name: 'cores', type: 'bigint' }]);
    const widened = withColumns(narrow.sd?.cols ?? [], [...changed, { name: 'note', type: 'string' }]);
    expect(widened.map(({ name, type }) => `${name ?? ''} ${type ?? ''}`)).toEqual([
      'cores bigint',
      'host string',
      'raw binary',
      'note string',
    ]);
    expect(outdatedColumns(newTable(withCores('bigint'), LOCATION), withCores('int'), LOCATION)).toEqual([]);
    expect(() => outdatedColumns(narrow, withCores('double'), LOCATION)).toThrow('cores is of type int, not double');
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
    expect(() => outdatedColumns(existing, SHAPE, LOCATION)).toThrow(
      expect.objectContaining({
        code: 'METASTORE_REFUSED',
        message: `The Hive table health.t exists and is not this table: ${reason}.`,
        remedy: expect.stringContaining('Drop or rename') as string,
      }) as Error,
    );
  });
});

describe('a partition', () => {
  it('is renewed once a column of the table has become wider, not where its own is', () => {
    const shapeOf = (type: 'int' | 'bigint'): TableShape => ({
      ...SHAPE,
      columns: [{ name: 'cores', type, required: false }],
    });
    const partitionOf = (type: 'int' | 'bigint'): ReturnType<typeof newPartition> =>
      newPartition(newTable(shapeOf(type), LOCATION), ['2026-11-23'], LOCATION);
    expect(takesAllColumns(partitionOf('int'), shapeOf('bigint'))).toBe(false);
    expect(takesAllColumns(partitionOf('bigint'), shapeOf('int'))).toBe(true);
  });

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
    expect(takesAllColumns(partition, SHAPE)).toBe(true);
    expect(takesAllColumns(partition, widerShape)).toBe(false);
    expect(claimsExactStatistics(partition)).toBe(true);
    const after = renewed(partition, wider, `${LOCATION}/new`);
    expect(after).toEqual({
      ...partition,
      sd: { ...partition.sd, cols: wider.sd?.cols, location: `${LOCATION}/new` },
      parameters: { kept: 'yes' },
    });
    expect(takesAllColumns(after, widerShape)).toBe(true);
    expect(claimsExactStatistics(after)).toBe(false);
  });
});
