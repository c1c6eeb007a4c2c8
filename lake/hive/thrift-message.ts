import type { TProtocol } from 'thrift';
import { I32, STRING, struct } from './thrift-codec.ts';
import type { Method } from './metastore-methods.ts';
import { TBinaryProtocol, TBufferedTransport, Thrift } from './thrift-library.ts';

/** An exception that the service declares, or that its Thrift server raised itself (`TApplicationException`). */
export class ServiceException extends Error {
  readonly exception: string;

  constructor(exception: string, message: string) {
    super(message);
    this.name = 'ServiceException';
    this.exception = exception;
  }
}

const ExceptionBody = struct('Exception', { message: [1, STRING], type: [2, I32] });

/**
 * One call as bytes: Thrift's strict binary protocol, unframed
 * (https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md).
 */
export function encodeCall<A>(method: Method<A, unknown>, args: A, sequenceId: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  const transport = new TBufferedTransport(undefined, (message) => {
    if (message) bytes = message;
  });
  const output = new TBinaryProtocol(transport);
  output.writeMessageBegin(method.name, Thrift.MessageType.CALL, sequenceId);
  method.args.write(output, args);
  output.writeMessageEnd();
  output.flush();
  return bytes;
}

/**
 * Reads the answer to a call.
 * @throws ServiceException where the service refused; any other error where the bytes are no answer to this call
 */
export function decodeReply<A, R>(input: TProtocol, method: Method<A, R>, sequenceId: number): R {
  const { mtype, rseqid } = input.readMessageBegin();
  if (rseqid !== sequenceId) throw new Error(`an answer to call ${rseqid} where ${sequenceId} was made`);
  if (mtype === Thrift.MessageType.EXCEPTION) {
    const { message, type } = ExceptionBody.read(input);
    throw new ServiceException('TApplicationException', message ?? `type ${type ?? 'unknown'}`);
  }
  if (mtype !== Thrift.MessageType.REPLY) throw new Error(`a message of type ${mtype} where an answer is expected`);
  return readResult(input, method);
}

/** A result is a struct: field 0 is what the method returns, fields from 1 are its exceptions; one is set. */
function readResult<A, R>(input: TProtocol, method: Method<A, R>): R {
  let result: { readonly value: R } | undefined;
  let refusal: ServiceException | undefined;
  for (;;) {
    const { ftype, fid } = input.readFieldBegin();
    if (ftype === Thrift.Type.STOP) break;
    const exception = method.exceptions[fid - 1];
    if (fid === 0 && method.returns?.wireType === ftype) {
      result = { value: method.returns.read(input) };
    } else if (exception !== undefined && ftype === Thrift.Type.STRUCT) {
      refusal = new ServiceException(exception, ExceptionBody.read(input).message ?? 'no reason given');
    } else {
      input.skip(ftype);
    }
  }
  if (refusal) throw refusal;
  if (result) return result.value;
  if (method.returns) throw new ServiceException('TApplicationException', `${method.name} returned nothing`);
  return undefined as R;
}
