import { expect, it } from 'vitest';
import { LinkMemory } from '../../../lake/hive/link-memory.ts';

it('remembers links up to its limit, and then forgets the oldest', () => {
  const memory = new LinkMemory(2);
  const links = ['a', 'b', 'c'].map((name) => ({ from: `data/${name}`, to: `dt=1/g0-h1/${name}` }));
  for (const link of links) memory.add(link);
  expect(memory.size).toBe(2);
  expect(links.map((link) => memory.has(link))).toEqual([false, true, true]);
  memory.clear();
  expect(memory.size).toBe(0);
});
