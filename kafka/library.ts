import { createRequire, registerHooks } from 'node:module';
import type * as Library from '@platformatic/kafka';

/**
 * `@platformatic/kafka`, as far as Sluice uses it: its connections and requests. Its clients' option schemas are compiled when the
 * library is loaded, whoever uses them: half the CPU time of loading it, in each process and each thread. Here they are compiled
 * when one is first asked (`lazy-schemas.ts`).
 */
const SCHEMA_COMPILER = 'ajv/dist/2020.js';
const LAZY_SCHEMAS = new URL('lazy-schemas.ts', import.meta.url).href;
/** The library's module that makes the compiler which all of its clients share. */
const ASKING_MODULE = '/@platformatic/kafka/dist/utils.js';

export type { ConnectionOptions, SASLOptions } from '@platformatic/kafka';
export type Connection = Library.Connection;
export type Reader = Library.Reader;
export type ResponseError = Library.ResponseError;

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier === SCHEMA_COMPILER && context.parentURL?.endsWith(ASKING_MODULE) === true
      ? { url: LAZY_SCHEMAS, shortCircuit: true }
      : next(specifier, context),
});
const library = createRequire(import.meta.url)('@platformatic/kafka') as typeof Library;
hooks.deregister();

export const {
  apiVersionsV3,
  compressionsAlgorithms,
  Connection,
  crc32c,
  createAPI,
  createTopicsV7,
  describeConfigsV4,
  fetchV13,
  initProducerIdV4,
  listOffsetsV7,
  metadataV12,
  murmur2,
  NumericMap,
  produceV9,
  protocolErrorsCodesById,
  Reader,
  ResourceTypes,
  ResponseError,
} = library;
