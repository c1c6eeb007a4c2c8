import type { Random } from '../../../collectors/simulation/random.ts';
import { STORAGE_KINDS, type StorageKind } from '../services/memory-storage.ts';
import type { Odds } from './scheduler.ts';

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
  return {
    storageKind: random.pick(STORAGE_KINDS),
    tables: oneOf(1, 1, 1, 2),
    partitions: oneOf(1, 2, 3),
    workers: oneOf(1, 2, 2, 3, 4),
    readers: oneOf(0, 1),
    appends: oneOf(5, 15, 40),
    partitionAdded: oneOf(0, 0, 0.1),
    checkpointEveryCommits: oneOf(2, 3, 5, 100),
    metastoreIsLost: oneOf(false, false, true),
    steps: oneOf(150, 300, 600, 1000, 2000),
    end: oneOf('all finish', 'all finish', 'all are lost', 'all are lost, and the metastore'),
    odds: {
      crash: oneOf(0, 0.005, 0.02),
      freeze: oneOf(0, 0.01, 0.05, 0.1),
      fail: oneOf(0, 0.01, 0.05),
      loseAnswer: oneOf(0, 0.02, 0.08),
      landLate: oneOf(0, 0.02, 0.08),
      goOn: oneOf(0, 0.5, 0.9),
    },
  };
}
