import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../definition/table-definition.ts';
import { type ColumnValues, MAX_BOUND_BYTES, maxBytes, minBytes } from '../../../engines/parquet/bounds.ts';
import { hex } from './hand-written.ts';

const buffer = (bytes: Uint8Array | undefined): Buffer | undefined => bytes && Buffer.from(bytes);

describe('minBytes and maxBytes', () => {
  it.each<[ColumnType, ColumnValues[ColumnType], string]>([
    ['string', 'é', 'c3a9'],
    ['string', '', ''],
    ['string', Uint8Array.of(0x61, 0x62), '6162'],
    ['boolean', false, '00'],
    ['boolean', true, '01'],
    ['int', -2, 'feffffff'],
    ['int', 2 ** 31 - 1, 'ffffff7f'],
    ['bigint', -(2n ** 63n), '0000000000000080'],
    ['bigint', 2n ** 53n + 1n, '0100000000002000'],
    ['double', 1.5, '000000000000f83f'],
    ['double', -Infinity, '000000000000f0ff'],
    ['timestamp', -1n, 'ffffffffffffffff'],
    ['date', 20_781, '2d510000'],
  ])('write the %s %s', (type, value, expected) => {
    expect(buffer(minBytes(type, value))).toEqual(hex(expected));
    expect(buffer(maxBytes(type, value))).toEqual(hex(expected));
  });

  it.each([0, -0])('take the least and the greatest zero for %d', (zero) => {
    expect(buffer(minBytes('double', zero))).toEqual(hex('0000000000000080'));
    expect(buffer(maxBytes('double', zero))).toEqual(hex('0000000000000000'));
    expect(buffer(minBytes('int', zero))).toEqual(hex('00000000'));
  });

  it('leave out NaN, and a long text', () => {
    expect(minBytes('double', NaN)).toBeUndefined();
    expect(maxBytes('string', 'x'.repeat(MAX_BOUND_BYTES + 1))).toBeUndefined();
    expect(maxBytes('string', 'x'.repeat(MAX_BOUND_BYTES))).toHaveLength(MAX_BOUND_BYTES);
  });

  it.each<[ColumnType, ColumnValues[ColumnType]]>([
    ['int', 2 ** 31],
    ['int', 0.5],
    ['date', -(2 ** 31) - 1],
    ['bigint', 2n ** 63n],
    ['timestamp', -(2n ** 63n) - 1n],
  ])('refuse the %s %s, which does not fit', (type, value) => {
    expect(() => minBytes(type, value)).toThrow(expect.objectContaining({ code: 'INTERNAL' }) as Error);
  });
});
