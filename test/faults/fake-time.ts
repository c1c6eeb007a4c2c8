import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pythonEnvironment } from '../python-environment.ts';

/** The PyPI package that carries libfaketime, built. */
const LIBFAKETIME = 'libfaketime==3.0.1';

/**
 * Variables that have a process see its machine's clock so many hours off: every call for the time, of Node and of the
 * libraries in it, gives another answer, while durations stay what they are (libfaketime).
 */
export function fakeTime(cacheFolder: string, hours: number): Record<string, string> {
  const environment = pythonEnvironment(cacheFolder, 'libfaketime', [LIBFAKETIME]);
  const [library] = globSync(join(environment, 'lib/python*/site-packages/libfaketime/vendor/libfaketime/src/*.so.1'));
  if (library === undefined) throw new Error(`${LIBFAKETIME} holds no library for this machine`);
  return {
    LD_PRELOAD: library,
    FAKETIME: `${hours > 0 ? '+' : ''}${hours}h`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}
