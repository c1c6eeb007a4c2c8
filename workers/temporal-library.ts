import { existsSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Library from '@temporalio/worker';

/**
 * `@temporalio/worker`, as far as a process uses it that runs workflows from a bundle which is there already: what only the
 * bundler uses is loaded when it is asked for (`lazy-memfs.ts`), and RxJS is read from the one file that its package has it in,
 * not from 226.
 */
const require = createRequire(import.meta.url);
const ofLibrary = createRequire(require.resolve('@temporalio/worker'));
const INSTEAD: Readonly<Record<string, string>> = {
  memfs: new URL('lazy-memfs.ts', import.meta.url).href,
  ...wholeRxjs(join(ofLibrary.resolve('rxjs'), '../../bundles/rxjs.umd.js')),
};

export type DefaultLogger = Library.DefaultLogger;
export type NativeConnection = Library.NativeConnection;
export type Worker = Library.Worker;

const hooks = registerHooks({
  resolve(specifier, context, next) {
    const url = context.parentURL?.includes('/@temporalio/worker/lib/') === true ? INSTEAD[specifier] : undefined;
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
const library = require('@temporalio/worker') as typeof Library;
hooks.deregister();

export const { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, Worker } = library;

/** Its operators are all in the main module too. Where a version has no such file, it is loaded as its package says. */
function wholeRxjs(path: string): Record<string, string> {
  const { href } = pathToFileURL(path);
  return existsSync(path) ? { rxjs: href, 'rxjs/operators': href } : {};
}
