import { createRequire, registerHooks } from 'node:module';
import type * as Library from '@platformatic/kafka';

/**
 * `@platformatic/kafka`, as far as Sluice uses it: its connections and requests. Loading all of it would take two and a half times
 * the CPU time, in each process and each thread: its clients' option schemas are compiled, whoever uses them, and its registry
 * of schemas, which Sluice does not use, brings compilers of its own. Here the former are compiled when one is first asked
 * (`lazy-schemas.ts`), and the latter is left out.
 */
const INSTEAD = [
  { of: 'ajv/dist/2020.js', by: 'utils.js', url: new URL('lazy-schemas.ts', import.meta.url).href },
  { of: './registries/index.js', by: 'index.js', url: 'data:text/javascript,' },
];

export type { ConnectionOptions, SASLOptions } from '@platformatic/kafka';
export type Connection = Library.Connection;
export type Reader = Library.Reader;
export type ResponseError = Library.ResponseError;

const hooks = registerHooks({
  resolve(specifier, context, next) {
    const instead = INSTEAD.find(
      ({ of, by }) => of === specifier && context.parentURL?.endsWith(`/@platformatic/kafka/dist/${by}`),
    );
    return instead === undefined ? next(specifier, context) : { url: instead.url, shortCircuit: true };
  },
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
