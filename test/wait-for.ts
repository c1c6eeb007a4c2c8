import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `look` gives something, and fails with what it waited for when the limit has passed. */
export async function waitFor<T>(what: string, limitMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await sleep(100);
  }
}
