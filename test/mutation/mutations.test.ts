import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MUTATIONS } from './mutations.ts';

const PROJECT = new URL('../../', import.meta.url);

it.each(MUTATIONS)('$name: what it breaks is there, once', ({ file, from, to }) => {
  const source = readFileSync(fileURLToPath(new URL(file, PROJECT)), 'utf8');
  expect(source.split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
