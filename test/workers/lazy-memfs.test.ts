import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { 'module.exports' as standIn } from '../../workers/lazy-memfs.ts';

const require = createRequire(import.meta.url);

describe('what stands in for memfs', () => {
  it('gives the bundler all that is asked of it', () => {
    const memfs = createRequire(require.resolve('@temporalio/worker'))('memfs') as object;
    const given = Object.keys(memfs).filter((name) => Reflect.get(standIn, name) === Reflect.get(memfs, name));
    expect(given).toEqual(Object.keys(memfs));
    expect(given).toContain('Volume');
  });
});
