import { TBinaryProtocol, TBufferedTransport, Thrift, type TProtocol } from 'thrift';
import { describe, expect, it } from 'vitest';
import { METHODS } from '../../../lake/hive/metastore-methods.ts';
import { Partition, Table } from '../../../lake/hive/metastore-types.ts';
import { BOOL, type Codec, I16, I32, list, record, STRING, struct } from '../../../lake/hive/thrift-codec.ts';
import { decodeReply, encodeCall } from '../../../lake/hive/thrift-message.ts';
import { PARTITION_ANSWER, PARTITION_REQUEST } from './partition-answer.ts';

function bytesOf(write: (output: TProtocol) => void): Buffer {
  let bytes = Buffer.alloc(0) as Buffer;
  const output = new TBinaryProtocol(
    new TBufferedTransport(undefined, (message) => {
      if (message) bytes = message;
    }),
  );
  write(output);
  output.flush();
  return bytes;
}

function reading<T>(bytes: Buffer, read: (input: TProtocol) => T): T {
  let value: { readonly value: T } | undefined;
  TBufferedTransport.receiver((transport) => {
    value = { value: read(new TBinaryProtocol(transport)) };
  }, 0)(bytes);
  if (!value) throw new Error('nothing was read');
  return value.value;
}

function roundTrip<T>(codec: Codec<T>, value: T): T {
  return reading(
    bytesOf((output) => codec.write(output, value)),
    (input) => codec.read(input),
  );
}

const EVERYTHING = {
  values: ['2026-11-23', '5'],
  dbName: 'health',
  tableName: 'größe',
  createTime: 1795486165,
  lastAccessTime: -1,
  sd: {
    cols: [{ name: 'host', type: 'string', comment: '' }],
    location: 'file:/lake',
    inputFormat: 'in',
    outputFormat: 'out',
    compressed: true,
    numBuckets: -1,
    serdeInfo: { name: 'n', serializationLib: 'lib', parameters: { __proto__x: '1', a: '' } },
    bucketCols: ['host'],
    sortCols: [{ col: 'host', order: 1 }],
    parameters: {},
    skewedInfo: {
      skewedColNames: ['a', 'b'],
      skewedColValues: [['1', '2'], []],
      skewedColValueLocationMaps: [[['1', '2'], 'file:/skewed']],
    },
    storedAsSubDirectories: false,
  },
  parameters: { numFiles: '3' },
  privileges: {
    userPrivileges: {
      me: [{ privilege: 'SELECT', createTime: 1, grantor: 'root', grantorType: 1, grantOption: true }],
    },
    groupPrivileges: {},
    rolePrivileges: {},
  },
  catName: 'hive',
} as const;

describe('the codec', () => {
  it('gives back every field that a partition can have', () => {
    expect(roundTrip(Partition, EVERYTHING)).toEqual(EVERYTHING);
  });

  it('leaves absent fields absent', () => {
    expect(roundTrip(Table, { tableName: 't', retention: 0, temporary: false })).toEqual({
      tableName: 't',
      retention: 0,
      temporary: false,
    });
  });

  it('skips fields that it does not know, of every type', () => {
    const known = struct('S', { first: [1, STRING], last: [99, I32] });
    const bytes = bytesOf((output) => {
      const field = (type: Thrift.Type, id: number, write: () => void): void => {
        output.writeFieldBegin('', type, id);
        write();
      };
      field(Thrift.Type.STRING, 1, () => output.writeString('kept'));
      field(Thrift.Type.BOOL, 2, () => output.writeBool(true));
      field(Thrift.Type.BYTE, 3, () => output.writeByte(-7));
      field(Thrift.Type.I16, 4, () => output.writeI16(-300));
      field(Thrift.Type.I64, 5, () => output.writeI64(2 ** 53));
      field(Thrift.Type.DOUBLE, 6, () => output.writeDouble(1.5));
      field(Thrift.Type.STRING, 7, () => output.writeBinary(Buffer.from([0, 255, 0])));
      field(Thrift.Type.STRUCT, 8, () => Partition.write(output, EVERYTHING));
      field(Thrift.Type.LIST, 9, () => list(list(I16)).write(output, [[1], [], [2, 3]]));
      field(Thrift.Type.MAP, 10, () => record(record(BOOL)).write(output, { a: { b: true }, c: {} }));
      field(Thrift.Type.SET, 11, () => {
        output.writeSetBegin(Thrift.Type.I32, 1);
        output.writeI32(1);
      });
      field(Thrift.Type.I32, 99, () => output.writeI32(42));
      output.writeFieldStop();
    });
    expect(reading(bytes, (input) => known.read(input))).toEqual({ first: 'kept', last: 42 });
  });

  it('skips a known field of another type', () => {
    const bytes = bytesOf((output) => struct('S', { a: [1, I32], b: [2, I32] }).write(output, { a: 1, b: 2 }));
    const other = struct('S', { a: [1, STRING], b: [2, I32] });
    expect(reading(bytes, (input) => other.read(input))).toEqual({ b: 2 });
  });

  it('refuses lists of another type than expected', () => {
    const bytes = bytesOf((output) => list(I32).write(output, [1]));
    expect(() => reading(bytes, (input) => list(STRING).read(input))).toThrow('a list of type 8');
  });
});

describe('messages', () => {
  const method = METHODS.get_partitions_by_names;
  const answer = (bytes: Buffer, sequenceId = 7): unknown =>
    reading(bytes, (input) => decodeReply(input, method, sequenceId));

  it('ask as a real metastore understood it', () => {
    const args = { db_name: 'golden', tbl_name: 'health', names: ['dt=2026-11-23/hour=5'] };
    expect(encodeCall(method, args, 7).toString('hex')).toBe(PARTITION_REQUEST.toString('hex'));
  });

  it('read what a real metastore answered, and would send all of it back', () => {
    const [partition, ...others] = reading(PARTITION_ANSWER, (input) => decodeReply(input, method, 7));
    expect(others).toEqual([]);
    expect(partition).toMatchObject({
      values: ['2026-11-23', '5'],
      dbName: 'golden',
      tableName: 'health',
      sd: {
        cols: [
          { name: 'host', type: 'string' },
          { name: 'cpu_pct', type: 'double' },
        ],
        location: 'file:/tmp/lake/golden/health/dt=2026-11-23/hour=5/g0-h1',
        numBuckets: -1,
        skewedInfo: { skewedColNames: [], skewedColValues: [], skewedColValueLocationMaps: [] },
      },
    });
    const sentBack = bytesOf((output) => Partition.write(output, partition ?? {}));
    expect(PARTITION_ANSWER.includes(sentBack)).toBe(true);
  });

  it('tell an answer that has not all arrived', () => {
    for (const end of [0, 3, 20, 100, PARTITION_ANSWER.length - 1]) {
      expect(() => answer(PARTITION_ANSWER.subarray(0, end)), `${end} bytes`).toThrow(
        expect.objectContaining({ name: 'InputBufferUnderrunError' }) as Error,
      );
    }
  });

  it('refuse the answer to another call', () => {
    expect(() => answer(PARTITION_ANSWER, 8)).toThrow('an answer to call 7 where 8 was made');
  });

  const reply = (type: Thrift.MessageType, write: (output: TProtocol) => void): Buffer =>
    bytesOf((output) => {
      output.writeMessageBegin(method.name, type, 7);
      write(output);
      output.writeMessageEnd();
    });
  const failure = struct('E', { message: [1, STRING], type: [2, I32] });

  it('tell which exception the service raised', () => {
    const bytes = reply(Thrift.MessageType.REPLY, (output) =>
      struct('r', { o2: [2, failure] }).write(output, { o2: { message: 'no table' } }),
    );
    expect(() => answer(bytes)).toThrow(
      expect.objectContaining({ exception: 'NoSuchObjectException', message: 'no table' }) as Error,
    );
  });

  it('tell what the Thrift server itself refused, and an answer that holds nothing', () => {
    const refused = reply(Thrift.MessageType.EXCEPTION, (output) =>
      failure.write(output, { message: 'what?', type: 1 }),
    );
    expect(() => answer(refused)).toThrow(
      expect.objectContaining({ exception: 'TApplicationException', message: 'what?' }) as Error,
    );
    const empty = reply(Thrift.MessageType.REPLY, (output) => struct('r', {}).write(output, {}));
    expect(() => answer(empty)).toThrow('get_partitions_by_names returned nothing');
  });
});
