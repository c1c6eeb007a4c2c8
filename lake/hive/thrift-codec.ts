import type { Thrift as ThriftTypes, TProtocol } from 'thrift';
import { Thrift } from './thrift-library.ts';

/**
 * How one Thrift type is written and read. Structs are described by tables of their fields instead of generated code:
 * the few that are needed of the metastore's interface are then readable beside its IDL.
 */
export interface Codec<Value> {
  readonly wireType: ThriftTypes.Type;
  write(output: TProtocol, value: Value): void;
  read(input: TProtocol): Value;
}

export type ValueOf<C> = C extends Codec<infer Value> ? Value : never;

/** A struct's field: its id in the IDL, and its type. */
export type Field<Value> = readonly [id: number, codec: Codec<Value>];
// A table of fields of any types: `any` because a codec takes its value as well as giving it.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Fields = Readonly<Record<string, Field<any>>>;
/** Every field may be absent: Thrift's wire does not tell "required" from "optional", and servers leave fields out. */
export type StructOf<F extends Fields> = { readonly [K in keyof F]?: ValueOf<F[K][1]> };

export const STRING: Codec<string> = {
  wireType: Thrift.Type.STRING,
  write: (output, value) => output.writeString(value),
  read: (input) => input.readString(),
};

export const BOOL: Codec<boolean> = {
  wireType: Thrift.Type.BOOL,
  write: (output, value) => output.writeBool(value),
  read: (input) => input.readBool(),
};

export const I16: Codec<number> = {
  wireType: Thrift.Type.I16,
  write: (output, value) => output.writeI16(value),
  read: (input) => input.readI16(),
};

export const I32: Codec<number> = {
  wireType: Thrift.Type.I32,
  write: (output, value) => output.writeI32(value),
  read: (input) => input.readI32(),
};

export function list<Value>(element: Codec<Value>): Codec<readonly Value[]> {
  return {
    wireType: Thrift.Type.LIST,
    write(output, values) {
      output.writeListBegin(element.wireType, values.length);
      for (const value of values) element.write(output, value);
      output.writeListEnd();
    },
    read(input) {
      const { etype, size } = input.readListBegin();
      expectElements('list', size, [etype, element.wireType]);
      const values: Value[] = [];
      for (let index = 0; index < size; index += 1) values.push(element.read(input));
      input.readListEnd();
      return values;
    },
  };
}

/** A map as pairs in the order of the wire: its keys may be of any type, lists included. */
export function pairs<Key, Value>(key: Codec<Key>, value: Codec<Value>): Codec<readonly (readonly [Key, Value])[]> {
  return {
    wireType: Thrift.Type.MAP,
    write(output, entries) {
      output.writeMapBegin(key.wireType, value.wireType, entries.length);
      for (const [entryKey, entryValue] of entries) {
        key.write(output, entryKey);
        value.write(output, entryValue);
      }
      output.writeMapEnd();
    },
    read(input) {
      const { ktype, vtype, size } = input.readMapBegin();
      expectElements('map', size, [ktype, key.wireType], [vtype, value.wireType]);
      const entries: [Key, Value][] = [];
      for (let index = 0; index < size; index += 1) entries.push([key.read(input), value.read(input)]);
      input.readMapEnd();
      return entries;
    },
  };
}

/** A map whose keys are text, as a plain object. */
export function record<Value>(value: Codec<Value>): Codec<Readonly<Record<string, Value>>> {
  const entries = pairs(STRING, value);
  return {
    wireType: Thrift.Type.MAP,
    write: (output, values) => entries.write(output, Object.entries(values)),
    read: (input) => Object.fromEntries(entries.read(input)),
  };
}

/** Unknown fields, and known ones of another type, are skipped: that is how Thrift's interfaces grow. */
export function struct<F extends Fields>(name: string, fields: F): Codec<StructOf<F>> {
  const byId = new Map(Object.entries(fields).map(([fieldName, [id, codec]]) => [id, { fieldName, codec }]));
  return {
    wireType: Thrift.Type.STRUCT,
    write(output, value) {
      output.writeStructBegin(name);
      for (const [fieldName, [id, codec]] of Object.entries(fields)) {
        const fieldValue: unknown = value[fieldName];
        if (fieldValue === undefined) continue;
        output.writeFieldBegin(fieldName, codec.wireType, id);
        codec.write(output, fieldValue);
        output.writeFieldEnd();
      }
      output.writeFieldStop();
      output.writeStructEnd();
    },
    read(input) {
      const value: Record<string, unknown> = {};
      input.readStructBegin();
      for (;;) {
        const { ftype, fid } = input.readFieldBegin();
        if (ftype === Thrift.Type.STOP) break;
        const known = byId.get(fid);
        if (known?.codec.wireType === ftype) value[known.fieldName] = known.codec.read(input);
        else input.skip(ftype);
        input.readFieldEnd();
      }
      input.readStructEnd();
      return value as StructOf<F>;
    },
  };
}

function expectElements(
  container: string,
  size: number,
  ...types: (readonly [found: number, expected: number])[]
): void {
  if (size < 0) throw new Error(`a ${container} of ${size} elements`);
  for (const [found, expected] of types) {
    if (size > 0 && found !== expected)
      throw new Error(`a ${container} of type ${found} where ${expected} is expected`);
  }
}
