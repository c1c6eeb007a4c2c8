import { describe, expect, it } from 'vitest';
import { conditionOf, type IngestKnowledge, type TableFacts } from '../../dashboard/table-condition.ts';
import type { IngestState } from '../../workflows/ingest-protocol.ts';

const NOW_MS = 1_000_000_000;

function running(state: IngestState, reason = 'All is well.'): IngestKnowledge {
  return {
    known: 'status',
    status: { table: 't', state, sinceMs: NOW_MS - 5_000, reason, lastWindow: null, windows: 1 },
  };
}

const FINE: TableFacts = {
  nowMs: NOW_MS,
  lakeProblem: undefined,
  hasCommits: true,
  lastCommitAtMs: NOW_MS - 500,
  lagRecords: 0,
  rowsPerSecond: 200,
  freshnessMs: 900,
  hiveBehindSinceMs: null,
  auditFindings: 0,
  ingest: running('Running'),
};

const state = (facts: Partial<TableFacts>): string => conditionOf({ ...FINE, ...facts }).state;
const words = (facts: Partial<TableFacts>): string =>
  conditionOf({ ...FINE, ...facts }).words.replaceAll('\u202f', ' ');

describe('conditionOf', () => {
  it('is healthy while rows come in time, or none come', () => {
    expect(conditionOf(FINE)).toEqual({ state: 'Healthy', words: 'Committing.', sinceMs: null });
    expect(words({ lastCommitAtMs: NOW_MS - 60_000 })).toBe('All that Kafka holds is committed; nothing new has come.');
    expect(state({ lagRecords: 300 })).toBe('Healthy');
    expect(words({ lagRecords: undefined })).toContain('Kafka does not say what waits');
  });

  it.each(['Paused', 'Stopped', 'Degraded'] as const)('takes %s from the workflow, with its reason', (ingest) => {
    const condition = conditionOf({ ...FINE, ingest: running(ingest, 'Why it is so.') });
    expect(condition).toEqual({ state: ingest, words: 'Why it is so.', sinceMs: NOW_MS - 5_000 });
  });

  it('is catching up while it drains, or rows are late', () => {
    expect(state({ ingest: running('Draining') })).toBe('Catching up');
    expect(state({ freshnessMs: 10_001 })).toBe('Catching up');
    expect(state({ freshnessMs: 10_000 })).toBe('Healthy');
    expect(words({ freshnessMs: 90_000, lagRecords: 24_000 })).toBe(
      '24.0 k records wait in Kafka, 2 min at the present rate. 1 row in 100 takes 90 s or more.'.replace(
        '24.0 k',
        '24 k',
      ),
    );
    expect(state({ lagRecords: 1, lastCommitAtMs: NOW_MS - 10_001 })).toBe('Catching up');
  });

  it('is degraded where records wait and nothing moves', () => {
    expect(state({ lagRecords: 1, lastCommitAtMs: NOW_MS - 30_001 })).toBe('Degraded');
    expect(state({ lagRecords: 0, lastCommitAtMs: NOW_MS - 30_001 })).toBe('Healthy');
    expect(words({ lagRecords: 5, lastCommitAtMs: null, ingest: { known: 'silent', state: 'Running' } })).toBe(
      '5 records wait, and nothing was committed for over an hour. No worker answers: start one with `sluice up`. Its workflow runs, but no worker answers for it.',
    );
  });

  it('is degraded by findings, by Hive and by a lake that cannot be read', () => {
    expect(state({ auditFindings: 1 })).toBe('Degraded');
    expect(state({ hiveBehindSinceMs: NOW_MS - 30_001 })).toBe('Degraded');
    expect(state({ hiveBehindSinceMs: NOW_MS - 30_000 })).toBe('Healthy');
    expect(words({ lakeProblem: 'The disk is full.' })).toBe('The lake cannot be read. The disk is full.');
  });

  it('is stopped where nothing ingests, also if rows still look fresh', () => {
    expect(state({ ingest: { known: 'none' } })).toBe('Stopped');
    expect(words({ ingest: { known: 'silent', state: 'Paused' } })).toContain('Paused, as its workflow last said');
  });

  it('judges by the log alone without Temporal, and says so', () => {
    const ingest = { known: 'nothing', problem: 'Temporal does not answer at h:1.' } as const;
    expect(words({ ingest })).toBe('Committing. What its workflow says is unknown: Temporal does not answer at h:1.');
    expect(state({ ingest, lagRecords: 9, lastCommitAtMs: NOW_MS - 40_000 })).toBe('Degraded');
  });

  it('waits where nothing was ever committed', () => {
    expect(state({ hasCommits: false, lastCommitAtMs: null })).toBe('Waiting');
  });
});
