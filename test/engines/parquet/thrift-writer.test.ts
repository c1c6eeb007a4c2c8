import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { describe, expect, it } from 'vitest';
import {
  binary,
  bool,
  encodeStruct,
  i16,
  i32,
  i64,
  list,
  struct,
  type ThriftFields,
  type ThriftValue,
} from '../../../engines/parquet/thrift-writer.ts';
import { hex } from './hand-written.ts';

const encoded = (fields: ThriftFields): string => Buffer.from(encodeStruct(fields)).toString('hex');
const bytes = (text: string): string => hex(text).toString('hex');

/** Second opinion: hyparquet's reader. */
function readBack(value: ThriftValue): unknown {
  const { buffer, byteOffset, byteLength } = encodeStruct({ 1: value });
  const reader = { view: new DataView(buffer, byteOffset, byteLength), offset: 0 };
  const { field_1 } = deserializeTCompactProtocol(reader);
  expect(reader.offset).toBe(byteLength);
  return field_1;
}

describe('encodeStruct', () => {
  it.each<[string, ThriftFields, string]>([
    ['no field', {}, '00'],
    ['the distance of each field from the one before', { 1: i32(1), 4: i32(1) }, '15 02 35 02 00'],
    ['no field that is not set', { 1: undefined, 2: i32(1) }, '25 02 00'],
    ['the id itself where it is far away', { 16: i32(1) }, '05 20 02 00'],
    ['the furthest distance', { 15: i32(1) }, 'f5 02 00'],
    ['numbers of either sign, small ones short', { 1: i32(-1), 2: i32(63), 3: i32(-65) }, '15 01 15 7e 15 8101 00'],
    ['an i16 and an i64 by their own types', { 1: i16(3), 2: i64(3) }, '14 06 16 06 00'],
    ['what is true or false in the type', { 1: bool(true), 2: bool(false) }, '11 12 00'],
    ['a text with the length of its bytes', { 1: binary('é') }, '18 02 c3a9 00'],
    ['bytes', { 1: binary(Uint8Array.of(0, 255)) }, '18 02 00ff 00'],
    ['a struct within, whose ids begin anew', { 3: struct({ 1: i32(1) }), 4: i32(1) }, '3c 15 02 00 15 02 00'],
    ['a list', { 1: list('i32', [i32(0), i32(-1)]) }, '19 25 00 01 00'],
    ['an empty list with its type', { 1: list('struct', []) }, '19 0c 00'],
    ['a list of structs', { 1: list('struct', [struct({}), struct({ 1: i32(1) })]) }, '19 2c 00 15 02 00 00'],
    [
      'a list of 14',
      {
        1: list(
          'i32',
          Array.from({ length: 14 }, () => i32(0)),
        ),
      },
      `19 e5 ${'00'.repeat(14)} 00`,
    ],
    [
      'a list of 15',
      {
        1: list(
          'i32',
          Array.from({ length: 15 }, () => i32(0)),
        ),
      },
      `19 f5 0f ${'00'.repeat(15)} 00`,
    ],
  ])('writes %s', (_, fields, expected) => {
    expect(encoded(fields)).toBe(bytes(expected));
  });

  it.each([0, 1, -1, 63, 64, -64, 127, 128, -128, 2 ** 31 - 1, -(2 ** 31)])('writes the i32 %d', (value) => {
    expect(readBack(i32(value))).toBe(value);
  });

  it.each([0, 64, 127, 2 ** 31, 2 ** 32 + 1, 2 ** 52 + 1, 2 ** 53 - 1])('writes the i64 %d', (value) => {
    expect(readBack(i64(value))).toBe(BigInt(value));
  });

  it('writes more bytes than it began with room for', () => {
    const value = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
    expect(readBack(list('binary', [binary(value), binary('end')]))).toEqual([
      value,
      Uint8Array.from(Buffer.from('end')),
    ]);
  });
});

it.each<[string, (value: number) => ThriftValue, number]>([
  ['i16', i16, 2 ** 15],
  ['i32', i32, 2 ** 31],
  ['i32', i32, -(2 ** 31) - 1],
  ['i64', i64, 2 ** 53],
  ['i64', i64, -1],
  ['i32', i32, 0.5],
  ['i64', i64, NaN],
])('refuses for an %s what does not fit: %3$d', (_, make, value) => {
  expect(() => make(value)).toThrow(expect.objectContaining({ code: 'INTERNAL' }) as Error);
});
