import { SluiceError } from '../../errors/sluice-error.ts';

/**
 * Thrift's compact protocol, as much of it as Parquet's metadata takes (apache/thrift,
 * doc/specs/thrift-compact-protocol.md). A value is plain data that says its type; `encodeStruct` makes bytes of it.
 */
const TYPE_IDS = { bool: 1, i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;
/** A field's value of false is its type, as that of true is. */
const FALSE_ID = 2;
const STOP = 0;
/** What a field's or a list's first byte has room for beside the type; more follows it as a varint. */
const SHORT = 15;

interface Of<Type extends keyof typeof TYPE_IDS, Value> {
  readonly type: Type;
  readonly value: Value;
}
export type ThriftBool = Of<'bool', boolean>;
export type ThriftI16 = Of<'i16', number>;
export type ThriftI32 = Of<'i32', number>;
export type ThriftI64 = Of<'i64', number>;
export type ThriftBinary = Of<'binary', Uint8Array>;
export type ThriftStruct = Of<'struct', ThriftFields>;
/** A list's elements are of one type, which it names even where it has none. */
type ThriftElement = ThriftI32 | ThriftBinary | ThriftStruct;
export type ThriftList = Of<'list', readonly ThriftElement[]> & { readonly elements: ThriftElement['type'] };
export type ThriftValue = ThriftBool | ThriftI16 | ThriftI32 | ThriftI64 | ThriftBinary | ThriftList | ThriftStruct;

/** A struct's fields by their id (JavaScript keeps integer keys in ascending order); undefined for one that is not set. */
export type ThriftFields = Readonly<Record<number, ThriftValue | undefined>>;

export const bool = (value: boolean): ThriftBool => ({ type: 'bool', value });
/** @throws SluiceError INTERNAL where it does not fit */
export const i16 = (value: number): ThriftI16 => ({ type: 'i16', value: requireRange(value, -(2 ** 15), 2 ** 15 - 1) });
/** @throws SluiceError INTERNAL where it does not fit */
export const i32 = (value: number): ThriftI32 => ({ type: 'i32', value: requireRange(value, -(2 ** 31), 2 ** 31 - 1) });
/**
 * What is counted and where it is: nothing of Parquet's that Sluice writes is negative, or beyond 2^53.
 *
 * @throws SluiceError INTERNAL where it is
 */
export const i64 = (value: number): ThriftI64 => ({
  type: 'i64',
  value: requireRange(value, 0, Number.MAX_SAFE_INTEGER),
});
/** Bytes, or a text in UTF-8. */
export const binary = (value: Uint8Array | string): ThriftBinary => ({
  type: 'binary',
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
export const struct = (value: ThriftFields): ThriftStruct => ({ type: 'struct', value });
export const list = <Type extends ThriftElement['type']>(
  elements: Type,
  value: readonly Extract<ThriftElement, { readonly type: Type }>[],
): ThriftList => ({ type: 'list', elements, value });

export function encodeStruct(fields: ThriftFields): Uint8Array {
  const sink = new ByteSink();
  writeFields(sink, fields);
  return sink.take();
}

function writeFields(sink: ByteSink, fields: ThriftFields): void {
  let lastId = 0;
  for (const [key, field] of Object.entries(fields)) {
    if (field === undefined) continue;
    const id = Number(key);
    const typeId = field.type === 'bool' && !field.value ? FALSE_ID : TYPE_IDS[field.type];
    if (id - lastId <= SHORT) sink.byte(((id - lastId) << 4) | typeId);
    else {
      sink.byte(typeId);
      sink.varint(zigzag(id));
    }
    if (field.type !== 'bool') writeValue(sink, field);
    lastId = id;
  }
  sink.byte(STOP);
}

function writeValue(sink: ByteSink, value: Exclude<ThriftValue, ThriftBool>): void {
  switch (value.type) {
    case 'i16':
    case 'i32':
    case 'i64':
      sink.varint(zigzag(value.value));
      break;
    case 'binary':
      sink.varint(value.value.length);
      sink.bytes(value.value);
      break;
    case 'list':
      writeList(sink, value);
      break;
    case 'struct':
      writeFields(sink, value.value);
  }
}

function writeList(sink: ByteSink, { elements, value }: ThriftList): void {
  sink.byte((Math.min(value.length, SHORT) << 4) | TYPE_IDS[elements]);
  if (value.length >= SHORT) sink.varint(value.length);
  for (const element of value) writeValue(sink, element);
}

/** Small numbers of either sign as small ones of none. Exact: twice a safe integer is an even one below 2^54. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : value * -2 - 1;
}

function requireRange(value: number, least: number, greatest: number): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  throw new SluiceError(
    'INTERNAL',
    `${value} does not fit into a number of a Parquet file’s metadata, from ${least} to ${greatest}.`,
  );
}

/** Bytes that grow as they are written. */
class ByteSink {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** Unsigned, 7 bits a byte, the lowest first; by division, since shifts know 32 bits only. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(extraBytes: number): void {
    const wantedBytes = this.#length + extraBytes;
    if (wantedBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wantedBytes, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
