import type { Random } from '../../../collectors/simulation/random.ts';
import { STORAGE_KINDS, type StorageKind } from '../services/memory-storage.ts';
import { CALM, type Odds } from './scheduler.ts';

/** What is done to a table now and then, by a process of its own. */
export const JOB_KINDS = [
  'compaction',
  'merge',
  'backfill',
  'resumption',
  'cancellation',
  'retention',
  'fence',
  'vacuum',
  'revision',
  'loss',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** What one seed's world is made of. */
export interface Shape {
  readonly storageKind: StorageKind;
  readonly tables: number;
  readonly partitions: number;
  readonly workers: number;
  readonly readers: number;
  /** Times that something is appended to each topic. */
  readonly appends: number;
  /** Likelihood, at each append, of a new partition. */
  readonly partitionAdded: number;
  readonly checkpointEveryCommits: number;
  readonly windowMs: number;
  /** Likelihood, at each step, that a job of each kind begins. */
  readonly jobs: Readonly<Record<JobKind, number>>;
  /** Likelihood that a batch cannot be done as it was first planned. */
  readonly poisoned: number;
  /** Likelihood that a batch turns out to be larger than its limit while it is read. */
  readonly oversized: number;
  /** Likelihood, at each append, that records expire which may not have been read yet. */
  readonly expiring: number;
  readonly metastoreIsLost: boolean;
  /** Steps taken before everything heals. */
  readonly steps: number;
  /** How it ends: everybody finishes, or all processes are lost at once, or the metastore too. */
  readonly end: 'all finish' | 'all are lost' | 'all are lost, and the metastore';
  readonly odds: Odds;
}

/** Each seed has a character of its own: some are calm and long, some stormy and short. */
export function shapeOf(random: Random): Shape {
  const oneOf = <T>(...choices: readonly T[]): T => random.pick(choices);
  const poisoned = oneOf(0, 0, 0.2);
  const backfill = oneOf(0, 0, 0.04, 0.1);
  // A backfill needs its records to be held for as long as it takes.
  const expiring = backfill > 0 ? 0 : oneOf(0, 0.1);
  return {
    storageKind: random.pick(STORAGE_KINDS),
    tables: oneOf(1, 1, 1, 2),
    partitions: oneOf(1, 2, 3),
    workers: oneOf(1, 2, 2, 3, 4),
    readers: oneOf(0, 1),
    appends: oneOf(5, 15, 40),
    partitionAdded: oneOf(0, 0, 0.1),
    checkpointEveryCommits: oneOf(2, 3, 5, 100),
    windowMs: oneOf(5_000, 600_000),
    jobs: {
      compaction: oneOf(0, 0.02, 0.1),
      merge: oneOf(0, 0.02, 0.1),
      backfill,
      resumption: backfill / 2,
      cancellation: oneOf(0, backfill / 4),
      retention: oneOf(0, 0, 0.04),
      fence: oneOf(0, 0, 0.03),
      vacuum: oneOf(0, 0.01, 0.04),
      revision: poisoned > 0 ? 0.02 : oneOf(0, 0.003),
      loss: expiring > 0 ? 0.02 : 0,
    },
    poisoned,
    oversized: oneOf(0, 0, 0.1, 0.5),
    expiring,
    metastoreIsLost: oneOf(false, false, true),
    steps: oneOf(150, 300, 600, 1000, 2000),
    end: oneOf('all finish', 'all finish', 'all are lost', 'all are lost, and the metastore'),
    odds: oddsOf(random),
  };
}

/** In a third of the worlds nobody does worse than to come late: there all have to leave everything in order. */
function oddsOf(random: Random): Odds {
  const oneOf = (...choices: readonly number[]): number => random.pick(choices);
  const freeze = oneOf(0.01, 0.05, 0.1);
  const goOn = oneOf(0, 0.5, 0.9);
  if (random.next() < 1 / 3) return { ...CALM, freeze, goOn };
  return {
    crash: oneOf(0.01, 0.03, 0.06),
    freeze: oneOf(0, freeze),
    fail: oneOf(0, 0.01, 0.05),
    loseAnswer: oneOf(0, 0.02, 0.08),
    landLate: oneOf(0, 0.02, 0.08),
    goOn,
  };
}
