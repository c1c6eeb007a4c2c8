import type { JobKind } from './world/shape.ts';

/** Who was at one table at the same time: so many workers, and these jobs. Every one of them publishes to Hive as well. */
export interface Meeting {
  readonly workers: number;
  readonly jobs: readonly JobKind[];
}

/**
 * What an abstract model of the protocol was searched for exhaustively, and what broke its first drafts. The seeded worlds
 * must come by each. (Batches of several parts are counted by themselves; a log's clean-up is tested with the log.)
 */
export const MODELLED: Readonly<Record<string, Meeting>> = {
  'two ingests': { workers: 2, jobs: [] },
  'two ingests and a compaction': { workers: 2, jobs: ['compaction'] },
  'an ingest, and a plan that is revised': { workers: 1, jobs: ['revision'] },
  'an ingest and two compactions': { workers: 1, jobs: ['compaction', 'merge'] },
  'three rewrites of tiers': { workers: 1, jobs: ['merge', 'merge', 'merge'] },
  'a compaction, a backfill and an ingest': { workers: 1, jobs: ['backfill', 'compaction'] },
  'two backfills and an ingest': { workers: 1, jobs: ['backfill', 'backfill'] },
  'a tier and a partial retention': { workers: 1, jobs: ['merge', 'retention'] },
  'two retentions and an ingest': { workers: 1, jobs: ['retention', 'retention'] },
  'a retention and a backfill': { workers: 1, jobs: ['backfill', 'retention'] },
  'an ingest and a vacuum': { workers: 1, jobs: ['vacuum'] },
  'a rewrite and a vacuum': { workers: 1, jobs: ['merge', 'vacuum'] },
  'a retention and a vacuum': { workers: 1, jobs: ['retention', 'vacuum'] },
  'two vacuums': { workers: 1, jobs: ['vacuum', 'vacuum'] },
  'a rewrite and a fence': { workers: 1, jobs: ['compaction', 'fence'] },
};

/** Whether one meeting holds all of another. */
export function holds({ workers, jobs }: Meeting, wanted: Meeting): boolean {
  const left = [...jobs];
  return (
    workers >= wanted.workers &&
    wanted.jobs.every((kind) => {
      const index = left.indexOf(kind);
      if (index >= 0) left.splice(index, 1);
      return index >= 0;
    })
  );
}
