import { createRequire, registerHooks } from 'node:module';
import type * as Library from '@platformatic/kafka';

/** An empty module. */
const NOTHING = 'data:text/javascript,';
/**
 * `@platformatic/kafka`, as far as Sluice uses it: its connections, and the requests that Sluice or a connection sends. All of it
 * would be 330 modules, in each process and each thread: its clients, whose option schemas are compiled whoever uses them
 * (`lazy-schemas.ts`), its registry of schemas, which brings compilers of its own, and every version of every request.
 */
const INSTEAD = [
  { of: 'ajv/dist/2020.js', by: 'utils.js', url: new URL('lazy-schemas.ts', import.meta.url).href },
  { of: './clients/index.js', by: 'index.js', url: NOTHING },
  { of: './registries/index.js', by: 'index.js', url: NOTHING },
  // A cache of hashes that is used where it is asked for; nobody does.
  { of: 'mnemonist', by: 'protocol/murmur2.js', url: `${NOTHING}export class LRUCache {}` },
];
/** As their modules are called; a connection sends the last two kinds itself. */
const REQUESTS = [
  ...['create-topics-v7', 'describe-configs-v4', 'fetch-v13', 'init-producer-id-v4', 'list-offsets-v7', 'metadata-v12'],
  ...['produce-v9', 'api-versions-', 'sasl-'],
];
const DIST = '/@platformatic/kafka/dist/';
const IS_VERSION = /-v\d+\.js$/;
const LISTS_REQUESTS = /^apis\/[a-z]+\/index\.js$/;

export type { ConnectionOptions, SASLOptions } from '@platformatic/kafka';
export type Connection = Library.Connection;
export type Reader = Library.Reader;
export type ResponseError = Library.ResponseError;

const hooks = registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL?.split(DIST)[1];
    const url = parent === undefined ? undefined : insteadOf(specifier, parent);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
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

/** What is loaded instead of what one of the library's modules imports; undefined where it is that itself. */
function insteadOf(specifier: string, parent: string): string | undefined {
  const isRequest = LISTS_REQUESTS.test(parent) && IS_VERSION.test(specifier);
  return isRequest && !REQUESTS.some((name) => specifier.startsWith(`./${name}`))
    ? NOTHING
    : INSTEAD.find(({ of, by }) => of === specifier && by === parent)?.url;
}
