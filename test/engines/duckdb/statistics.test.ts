import { describe, expect, it } from 'vitest';
import { deltaStatistics } from '../../../engines/duckdb/statistics.ts';

const statistics = (type: string, column: Record<string, string>): unknown =>
  JSON.parse(deltaStatistics(3, new Map([['c', column]]), new Map([['c', type]])));

describe('deltaStatistics', () => {
  it('always counts rows and nulls', () => {
    expect(statistics('double', { null_count: '3' })).toEqual({
      numRecords: 3,
      minValues: {},
      maxValues: {},
      nullCount: { c: 3 },
    });
  });

  it('rounds timestamps outwards to milliseconds', () => {
    const column = { min: '2026-11-24 00:00:00.123456+00', max: '2026-11-24 00:59:59.990001+00', null_count: '0' };
    expect(statistics('timestamp', column)).toMatchObject({
      minValues: { c: '2026-11-24T00:00:00.123Z' },
      maxValues: { c: '2026-11-24T00:59:59.991Z' },
    });
  });

  it.each([
    ['a long text', 'string', { min: 'a', max: 'b'.repeat(33) }],
    ['a text whose order differs by encoding', 'string', { min: 'a', max: 'é' }],
    ['a number beyond 2^53', 'bigint', { min: '0', max: '9007199254740993' }],
    ['a timestamp without end', 'timestamp', { min: '2026-11-24 00:00:00+00', max: 'infinity' }],
    ['bytes', 'binary', { min: 'a', max: 'b' }],
  ])('leaves out the bounds of %s', (_, type, bounds) => {
    expect(statistics(type, { ...bounds, null_count: '0' })).toMatchObject({ minValues: {}, maxValues: {} });
  });
});
