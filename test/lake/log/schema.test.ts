import { describe, expect, it } from 'vitest';
import { compareSchemas, deltaSchema, schemaTaking, shapeInLog, storedColumns } from '../../../lake/log/schema.ts';
import type { StoredColumn } from '../../../plans/table-shape.ts';
import { healthShape } from '../health-shape.ts';

const PARTITION_COLUMNS = ['dt'];

function schemaOf(columns: Readonly<Record<string, StoredColumn['type']>>): string {
  return deltaSchema(healthShape(columns));
}

const NARROW = schemaOf({ host: 'string', cores: 'int' });
const WIDE = schemaOf({ host: 'string', cores: 'bigint' });

describe('a definition’s schema against the log’s', () => {
  it('is the same, has more columns, or wider ones', () => {
    expect(compareSchemas('t', NARROW, NARROW)).toBe('same');
    expect(compareSchemas('t', NARROW, schemaOf({ cores: 'int', note: 'string', host: 'string' }))).toBe('additive');
    expect(compareSchemas('t', NARROW, WIDE)).toBe('widened');
    expect(compareSchemas('t', NARROW, schemaOf({ host: 'string', cores: 'bigint', note: 'string' }))).toBe('widened');
  });

  it.each([
    ['bigint to int', WIDE, NARROW, 'cores of t has become integer from long, which does not hold all'],
    [
      'int to double',
      NARROW,
      schemaOf({ host: 'string', cores: 'double' }),
      'cores of t has become double from integer.',
    ],
    [
      'bigint to double',
      WIDE,
      schemaOf({ host: 'string', cores: 'double' }),
      'cores of t has become double from long.',
    ],
    ['a column less', NARROW, schemaOf({ host: 'string' }), 'cores of t has been taken out.'],
    ['another partition column', NARROW, NARROW.replace('"date"', '"string"'), 'dt of t has become string from date.'],
  ])('is refused with the reason: %s', (_, current, wanted, message) => {
    expect(() => compareSchemas('t', current, wanted)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INCOMPATIBLE',
        message: expect.stringContaining(message) as string,
        remedy: expect.stringContaining('an int can become a bigint') as string,
      }) as Error,
    );
  });
});

describe('the schema that takes files of another definition', () => {
  it('is the log’s where that has all columns, as wide or wider', () => {
    expect(schemaTaking(healthShape({ cores: 'int', host: 'string' }), WIDE)).toBeUndefined();
    expect(schemaTaking(healthShape({ host: 'string' }), NARROW)).toBeUndefined();
  });

  it('gains columns before those of the partition, and widens, without losing any', () => {
    const current = schemaOf({ host: 'string', cores: 'int', size: 'bigint' });
    const taking = schemaTaking(healthShape({ cores: 'bigint', size: 'int', note: 'string' }), current) ?? '';
    expect(taking).toBe(schemaOf({ host: 'string', cores: 'bigint', size: 'bigint', note: 'string' }));
    expect(compareSchemas('t', current, taking)).toBe('widened');
  });

  it('does not exist for what can’t be read as one', () => {
    expect(() => schemaTaking(healthShape({ cores: 'double' }), NARROW)).toThrow('has become double from integer');
  });
});

it('gives a table the columns of its log, whatever its definition says', () => {
  const metaData = {
    id: 'x',
    format: { provider: 'parquet' as const, options: {} },
    schemaString: WIDE,
    partitionColumns: PARTITION_COLUMNS,
    configuration: {},
  };
  const shape = healthShape({ cores: 'int' });
  expect(shapeInLog(shape, metaData)).toEqual({ ...shape, columns: storedColumns(WIDE, PARTITION_COLUMNS) });
  expect(shapeInLog(shape, undefined)).toBe(shape);
});
