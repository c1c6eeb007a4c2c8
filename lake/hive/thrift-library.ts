import { createRequire } from 'node:module';
import type * as Library from 'thrift';

const require = createRequire(import.meta.url);
const FOLDER = 'thrift/lib/nodejs/lib/thrift';

export type TBinaryProtocol = Library.TBinaryProtocol;

/** `thrift`, as far as Sluice uses it: its main module would load servers, HTTP and web sockets too, each with what it needs. */
export const Thrift = require(`${FOLDER}/thrift.js`) as typeof Library.Thrift;
export const TBinaryProtocol = require(`${FOLDER}/binary_protocol.js`) as typeof Library.TBinaryProtocol;
export const TBufferedTransport = require(`${FOLDER}/buffered_transport.js`) as typeof Library.TBufferedTransport;
