import { createRequire } from 'node:module';

const ofLibrary = createRequire(createRequire(import.meta.url).resolve('@temporalio/worker'));

/** Stands in for `memfs` in Temporal's bundler: it is loaded when something of it is first asked for. */
const memfs = new Proxy(
  {},
  {
    get: (_, name): unknown => (name === '__esModule' ? true : Reflect.get(ofLibrary('memfs') as object, name)),
  },
);

export { memfs as 'module.exports' };
