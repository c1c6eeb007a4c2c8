import { expect, it } from 'vitest';
import { FREE_MAX_BYTES, WasmInstance, WasmInstances } from '../../../engines/plain/wasm-instance.ts';

const PAGE_BYTES = 65_536;

it('keeps for the next batches what has not grown too large', () => {
  const instances = new WasmInstances();
  const grown = Array.from({ length: 3 }, () => new WasmInstance());
  for (const instance of grown) {
    instance.calls.memory.grow(Math.floor((FREE_MAX_BYTES * 0.4) / PAGE_BYTES));
    instances.giveBack(instance);
  }
  expect(instances.freeBytes).toBeGreaterThan(FREE_MAX_BYTES * 0.8);
  expect(instances.freeBytes).toBeLessThanOrEqual(FREE_MAX_BYTES);
  expect([instances.take(), instances.take()]).toEqual([grown[1], grown[0]]);
  expect(grown).not.toContain(instances.take());
});
