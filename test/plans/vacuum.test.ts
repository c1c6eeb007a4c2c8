import { describe, expect, it } from 'vitest';
import { wantedPartitions } from '../../plans/publication.ts';
import {
  expiredVersion,
  type RemovedFile,
  settledVersion,
  vacuumReasons,
  type VacuumView,
} from '../../plans/vacuum.ts';

const HOUR = { dt: '2026-11-23', hour: '5' };
const NAME = 'dt=2026-11-23/hour=5';
const batch = (sequence: number, attempt = 'a1'): string =>
  `data/b${String(sequence).padStart(10, '0')}-0-0-${attempt}-0.parquet`;
const rewrite = (base: number, id: string): string => `${NAME}/g${base}-${id}-a1/g${base}-${id}-a1-0000.parquet`;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const removedAt = (version: number): RemovedFile => ({ version, partition: NAME });

/**
 * Batches 1 and 2 became c1 in version 5, and c1 with batch 3 became c2 in version 30. Batch 4 is live beside c2, batch 5 is under
 * way. A fence stands at 40; the grace period is over for what happened up to 20, and in Hive up to 15.
 */
function view(changes: Partial<VacuumView> = {}): VacuumView {
  const live = [rewrite(29, 'c2'), batch(4)];
  return {
    live: new Set(live),
    removed: new Map([
      [batch(1), removedAt(5)],
      [batch(2), removedAt(5)],
      [rewrite(4, 'c1'), removedAt(30)],
      [batch(3), removedAt(30)],
    ]),
    wanted: wantedPartitions(
      live.map((path) => ({ path, partitionValues: HOUR })),
      ['dt', 'hour'],
    ),
    rewrittenAt: new Map([[NAME, 30]]),
    unsettled: new Set(),
    committedSequence: 4,
    fence: 40,
    expired: { log: 20, hive: 15 },
    ...changes,
  };
}

describe('what becomes of a file', () => {
  it.each([
    ['live', batch(4)],
    ['live', rewrite(29, 'c2')],
    ['published', `${NAME}/g29-c2-a1/${nameOf(batch(4))}`],
    ['pending', batch(5)],
    ['pending', batch(5, 'other')],
    ['pending', rewrite(40, 'c9')],
    ['superseded', batch(1)],
    ['grace', batch(3)],
    ['grace', rewrite(4, 'c1')],
    ['waste', batch(4, 'other')],
    ['waste', rewrite(39, 'c8')],
    ['link', `${NAME}/g0-h1/${nameOf(batch(1))}`],
    ['link', `${NAME}/g0-h1/${nameOf(batch(9)).replace('0000000009', '0000000000')}`],
    ['grace', `${NAME}/g0-h1/${nameOf(batch(3))}`],
    ['grace', `${NAME}/g4-c1-a1/${nameOf(batch(3))}`],
    ['grace', `${NAME}/g4-c1-a1/${nameOf(batch(4))}`],
    ['foreign', 'notes.txt'],
    ['foreign', 'data/copy.parquet'],
  ])('%s: %s', (reason, path) => {
    expect(vacuumReasons(view())(path)).toBe(reason);
  });

  it('is kept where Hive reads its partition elsewhere', () => {
    const reasonOf = vacuumReasons(view({ unsettled: new Set([NAME]) }));
    expect(reasonOf(batch(1))).toBe('unsettled');
    expect(reasonOf(`${NAME}/g0-h1/${nameOf(batch(1))}`)).toBe('unsettled');
    expect(reasonOf(rewrite(39, 'c8'))).toBe('unsettled');
    expect(reasonOf(batch(4, 'other'))).toBe('waste');
  });

  it('is kept for readers of Hive that saw it for longer than those of the log did', () => {
    const reasonOf = vacuumReasons(view({ expired: { log: 31, hive: 15 } }));
    expect(reasonOf(batch(3))).toBe('superseded');
    expect(reasonOf(rewrite(4, 'c1'))).toBe('grace');
    expect(reasonOf(`${NAME}/g4-c1-a1/${nameOf(batch(3))}`)).toBe('grace');
  });

  it('keeps what lies where Hive has looked until a rewritten file came beside all others, and took none away', () => {
    // A backfill's first entry: b1 comes beside batch 4, which is linked anew, and g0-h4 is left.
    const live = [rewrite(29, 'b1'), batch(4)];
    const link = `${NAME}/g0-h4/${nameOf(batch(4))}`;
    const backfilled = (rewrittenAt: number): VacuumView =>
      view({
        live: new Set(live),
        removed: new Map(),
        rewrittenAt: new Map([[NAME, rewrittenAt]]),
        wanted: wantedPartitions(
          live.map((path) => ({ path, partitionValues: HOUR })),
          ['dt', 'hour'],
        ),
      });
    expect(vacuumReasons(backfilled(30))(link)).toBe('grace');
    expect(vacuumReasons(backfilled(Number.POSITIVE_INFINITY))(link)).toBe('grace');
    expect(vacuumReasons(backfilled(15))(link)).toBe('link');
  });

  it('goes from a directory that was left long ago, though the file itself is live', () => {
    const link = `${NAME}/g4-c1-a1/${nameOf(batch(4))}`;
    expect(vacuumReasons(view({ expired: { log: 31, hive: 31 } }))(link)).toBe('link');
    // The directory's own file has gone, so it was left then at the latest, whatever has left the partition since.
    const later = view({ removed: new Map([[batch(3), removedAt(30)]]) });
    expect(vacuumReasons(later)(link)).toBe('link');
  });
});

describe('the end of the grace period', () => {
  const entries = [1, 2, 3, 4].map((version) => ({ version, modifiedAtMs: version * 1000 }));
  it.each([
    [5000, 2000, 3],
    [5000, 1500, 3],
    [5000, 2001, 2],
    [5000, 10_000, 0],
    [5000, 0, 4],
  ])('at %d, with %d ms of grace, is over up to version %d', (nowMs, graceMs, expected) => {
    expect(expiredVersion(entries, nowMs, graceMs)).toBe(expected);
  });

  it('is over for nothing beyond an entry that a clock dated later', () => {
    const odd = [
      { version: 1, modifiedAtMs: 9000 },
      { version: 2, modifiedAtMs: 2000 },
    ];
    expect(expiredVersion(odd, 10_000, 5000)).toBe(0);
  });
});

it('lets the log forget what is deleted, never what is kept, nor what Hive may still show', () => {
  expect(settledVersion(view(), [batch(3)])).toBe(15);
  expect(settledVersion(view({ expired: { log: 35, hive: 35 } }), [batch(3)])).toBe(29);
  expect(settledVersion(view({ expired: { log: 35, hive: 35 } }), [])).toBe(35);
});
