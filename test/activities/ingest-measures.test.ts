import { describe, expect, it } from 'vitest';
import { IngestMeasures } from '../../activities/ingest-measures.ts';
import type { Clock } from '../../clock/clock.ts';
import type { BatchSeal } from '../../plans/batch.ts';
import { KeptInstruments } from './kept-instruments.ts';

const NOW_MS = Date.parse('2026-11-23T05:00:10Z');

/** A clock by which every look at it is 250 ms after the one before. */
function steppingClock(): Clock {
  let elapsedMs = 0;
  return { nowMs: () => NOW_MS, elapsedMs: () => (elapsedMs += 250) } as unknown as Clock;
}

function measured(work: (measures: IngestMeasures) => void): Record<string, number> {
  const instruments = new KeptInstruments();
  work(new IngestMeasures('t', steppingClock(), instruments));
  for (const [, , tags] of instruments.kept) expect(tags).toMatchObject({ table: 't' });
  return Object.fromEntries(instruments.kept.map(([name, value]) => [name, value]));
}

function seal(...stats: string[]): BatchSeal {
  const files = stats.map((text) => ({ path: 'p', partitionValues: {}, sizeBytes: 100, rows: 2, stats: text }));
  return { files, rejectedFiles: [], rows: 4, rejectedRows: 1 } as unknown as BatchSeal;
}

const bounds = (min: string, max: string): string =>
  JSON.stringify({ numRecords: 2, minValues: { event_time: min }, maxValues: { event_time: max } });

describe('IngestMeasures', () => {
  const batch = { version: 7, tookMs: 400, eventTimeColumn: 'event_time' };

  it('measures a batch, and how late its oldest row was', () => {
    const files = [
      bounds('2026-11-23T05:00:00Z', '2026-11-23T05:00:09.500Z'),
      bounds('2026-11-23T04:59:50Z', '2026-11-23T04:59:59Z'),
    ];
    expect(measured((measures) => measures.committed({ ...batch, seal: seal(...files) }))).toEqual({
      sluice_batches: 1,
      sluice_rows: 4,
      sluice_rejected: 1,
      sluice_written_bytes: 200,
      sluice_batch_duration_seconds: 400,
      sluice_committed_version: 7,
      sluice_oldest_row_delay_seconds: 20_000,
      sluice_newest_event_timestamp_seconds: NOW_MS / 1000 - 0.5,
    });
  });

  it.each(['{"numRecords":0}', '{"numRecords":2,"minValues":{}}', bounds('nonsense', 'nonsense')])(
    'bears statistics that tell of no time: %s',
    (stats) => {
      const found = measured((measures) => measures.committed({ ...batch, seal: seal(stats) }));
      expect(found).not.toHaveProperty('sluice_newest_event_timestamp_seconds');
      expect(found).toHaveProperty('sluice_batches', 1);
    },
  );

  it('does not count a batch as its own that another writer committed', () => {
    const found = measured((measures) => measures.committed({ ...batch, version: undefined, seal: seal() }));
    expect(found).toEqual({ sluice_commits_by_others: 1 });
  });

  it('notes how long a step took, also where it fails', async () => {
    const instruments = new KeptInstruments();
    const measures = new IngestMeasures('t', steppingClock(), instruments);
    await expect(measures.step('write', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(instruments.kept).toEqual([['sluice_step_duration_seconds', 250, { table: 't', step: 'write' }]]);
  });

  it('leaves what is unknown as it was', () => {
    expect(measured((measures) => measures.waiting(undefined))).toEqual({});
    expect(measured((measures) => measures.waiting(0n))).toEqual({ sluice_waiting_records: 0 });
  });
});
