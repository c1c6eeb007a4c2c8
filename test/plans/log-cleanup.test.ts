import { describe, expect, it } from 'vitest';
import { type AgedLogFile, planLogCleanup } from '../../plans/log-cleanup.ts';

/** Entries 0 to 9, one a second, with checkpoints at some of them. */
function log(...checkpoints: number[]): AgedLogFile[] {
  const entries = Array.from({ length: 10 }, (_, version) => ({
    kind: 'entry' as const,
    version,
    modifiedAtMs: version * 1000,
  }));
  return [
    ...entries,
    ...checkpoints.map((version) => ({ kind: 'checkpoint' as const, version, modifiedAtMs: version * 1000 })),
  ];
}

const doomed = (files: readonly AgedLogFile[], nowMs: number, retentionMs: number): string[] | undefined =>
  planLogCleanup(files, nowMs, retentionMs)?.doomed.map(({ kind, version }) => `${kind} ${version}`);

describe('the clean-up of a log', () => {
  it('keeps the newest checkpoint from before the retention, its entry and all after', () => {
    expect(doomed(log(2, 4, 8), 10_000, 4000)).toEqual(['checkpoint 2', 'entry 0', 'entry 1', 'entry 2', 'entry 3']);
    expect(doomed(log(2, 4, 8), 10_000, 1000)).toEqual([
      ...['checkpoint 2', 'checkpoint 4'],
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((version) => `entry ${version}`),
    ]);
  });

  it('keeps all while there is no checkpoint that old', () => {
    expect(doomed(log(8), 10_000, 4000)).toBeUndefined();
    expect(doomed(log(), 10_000, 4000)).toBeUndefined();
  });

  it('touches nothing where an entry is missing after the checkpoint', () => {
    const files = log(2, 4).filter(({ kind, version }) => kind === 'checkpoint' || version !== 7);
    expect(doomed(files, 10_000, 1000)).toBeUndefined();
    const withoutOwn = log(2, 4).filter(({ kind, version }) => kind === 'checkpoint' || version !== 4);
    expect(doomed(withoutOwn, 10_000, 1000)).toBeUndefined();
  });
});
