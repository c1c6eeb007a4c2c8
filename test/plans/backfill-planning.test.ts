import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../definition/parse.ts';
import { unitsOf } from '../../plans/backfill.ts';
import {
  type BackfilledFile,
  type BackfillRequest,
  joinRuns,
  MAX_UNITS,
  planBackfill,
} from '../../plans/backfill-planning.ts';
import { PLANNED_FILL } from '../../plans/micro-batch.ts';

const DEFINITION = parseDefinition(
  `table: t
database: lab
source: { topic: t }
columns: [{ name: at, type: timestamp, required: true }]
event_time: { column: at }
limits: { max_rows: 100 }`,
  't.yaml',
);

function held(path: string, offsets: [number, number], hour = '5'): BackfilledFile {
  return {
    path,
    partitionValues: { dt: '2026-11-23', hour },
    rows: 10,
    sizeBytes: 1000,
    stats: JSON.stringify({
      numRecords: 10,
      minValues: { kafka_partition: 0, kafka_offset: offsets[0] },
      maxValues: { kafka_partition: 0, kafka_offset: offsets[1] },
    }),
  };
}

function request(more: Partial<BackfillRequest> = {}): BackfillRequest {
  return {
    definition: DEFINITION,
    scope: 'all',
    source: 'kafka',
    engine: 'duckdb',
    rejectedRuns: new Map(),
    wanted: new Map([[0, { start: 250n, end: 1000n, endIsTime: false }]]),
    committed: new Map([[0, 1000n]]),
    sequence: 3,
    available: new Map([[0, { earliest: 250n, lastStable: 1200n }]]),
    main: { table: 't', columns: ['dt', 'hour'], files: [] },
    rejected: { table: 't_rejected', columns: ['dt'], files: [] },
    running: [],
    recordSizeBytes: 100,
    unitsAtOnce: 2,
    maxRowsPerSecond: null,
    leavesOutToMs: null,
    ...more,
  };
}

const refusal = (more: Partial<BackfillRequest>): string => {
  try {
    planBackfill(request(more));
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

describe('planBackfill', () => {
  it('takes exactly the offsets asked for, in units of a batch’s size', () => {
    const outlook = planBackfill(request());
    expect(outlook).toMatchObject({ offsets: '750', units: 8, unitOffsets: 100 });
    expect(unitsOf(outlook)).toHaveLength(8);
    expect(unitsOf(outlook).at(0)).toEqual([{ partition: 0, startOffset: '250', endOffset: '350' }]);
    expect(unitsOf(outlook).at(-1)).toEqual([{ partition: 0, startOffset: '950', endOffset: '1000' }]);
  });

  it('makes units smaller where records are large', () => {
    const recordSizeBytes = DEFINITION.limits.maxBytes / 50;
    expect(planBackfill(request({ recordSizeBytes })).unitOffsets).toBe(50 * PLANNED_FILL);
  });

  it('refuses what is not committed yet, but leaves it to ingestion where a time was meant', () => {
    const past = (endIsTime: boolean) => new Map([[0, { start: 250n, end: 1001n, endIsTime }]]);
    expect(refusal({ wanted: past(false) })).toBe('BACKFILL_REFUSED');
    expect(planBackfill(request({ wanted: past(true) })).ranges[0]?.endOffset).toBe('1000');
  });

  it('refuses offsets that Kafka has forgotten, to the offset', () => {
    const from = (start: bigint) => new Map([[0, { start, end: 1000n, endIsTime: false }]]);
    expect(refusal({ wanted: from(249n) })).toBe('OFFSET_EXPIRED');
    expect(refusal({ wanted: from(250n) })).toBe('none');
  });

  it('ends where an archive ends, and refuses to the offset what is not in it', () => {
    const wanted = (start: bigint, end: bigint | undefined, endIsTime = false): Partial<BackfillRequest> => ({
      source: 'archive',
      available: new Map([[0, { earliest: 300n, lastStable: 900n }]]),
      wanted: new Map([[0, { start, end, endIsTime }]]),
    });
    expect(planBackfill(request(wanted(300n, undefined))).ranges[0]?.endOffset).toBe('900');
    expect(planBackfill(request(wanted(300n, 950n, true))).ranges[0]?.endOffset).toBe('900');
    expect(refusal(wanted(300n, 900n))).toBe('none');
    expect(refusal(wanted(300n, 901n))).toBe('BACKFILL_REFUSED');
    expect(refusal(wanted(299n, 900n))).toBe('OFFSET_EXPIRED');
    // Kafka has offsets without records: what is committed is there, up to the mark.
    expect(refusal({ ...wanted(300n, 1000n), source: 'kafka' })).toBe('none');
    expect(() => planBackfill(request(wanted(299n, 900n)))).toThrow(/not in the archive: the first one there is 300/);
  });

  it('has Spark read the topic, and refuses to have it read anything else', () => {
    expect(planBackfill(request({ engine: 'spark' })).engine).toBe('spark');
    for (const source of ['archive', 'files'] as const) {
      expect(refusal({ engine: 'spark', source })).toBe('BACKFILL_REFUSED');
      expect(planBackfill(request({ source })).engine).toBe('duckdb');
    }
  });

  it('refuses to overlap with a backfill that has not ended', () => {
    const running = (startOffset: string, endOffset: string) => [
      { number: 7, ranges: [{ partition: 0, startOffset, endOffset }] },
    ];
    expect(refusal({ running: running('900', '901') })).toBe('BACKFILL_REFUSED');
    expect(refusal({ running: running('0', '250') })).toBe('none');
    expect(refusal({ running: running('1000', '1100') })).toBe('none');
    expect(refusal({ running: [{ number: 7, ranges: [{ partition: 1, startOffset: '0', endOffset: '999' }] }] })).toBe(
      'none',
    );
  });

  it('refuses an empty range, and one of too many units', () => {
    expect(refusal({ wanted: new Map([[0, { start: 500n, end: 500n, endIsTime: false }]]) })).toBe('BACKFILL_REFUSED');
    const huge = BigInt(MAX_UNITS) * 100n;
    const all = (end: bigint): Partial<BackfillRequest> => ({
      wanted: new Map([[0, { start: 0n, end, endIsTime: false }]]),
      committed: new Map([[0, end]]),
      available: new Map([[0, { earliest: 0n, lastStable: end }]]),
    });
    expect(refusal(all(huge))).toBe('none');
    expect(refusal(all(huge + 1n))).toBe('BACKFILL_REFUSED');
  });

  it('says what would be replaced, and leaves out files of batches that came later', () => {
    const files = [
      held('data/b0000000001-0-0-a-0.parquet', [0, 249]),
      held('data/b0000000002-0-0-a-0.parquet', [200, 250]),
      held('data/b0000000003-0-0-a-0.parquet', [900, 1500], '6'),
      held('data/b0000000004-0-0-a-0.parquet', [900, 1500], '7'),
    ];
    const { replaced } = planBackfill(request({ main: { table: 't', columns: ['dt', 'hour'], files } }));
    expect(replaced[0]).toEqual({
      table: 't',
      files: 2,
      rows: 20,
      sizeBytes: 2000,
      partitions: 2,
      names: ['dt=2026-11-23/hour=5', 'dt=2026-11-23/hour=6'],
    });
  });

  it('takes rejected records alone, each run in a unit of its own', () => {
    const runs = [
      { start: 300n, end: 301n },
      { start: 400n, end: 499n },
    ];
    const wanted = new Map([[0, { start: undefined, end: undefined, endIsTime: false }]]);
    const outlook = planBackfill(request({ scope: 'rejected', wanted, rejectedRuns: new Map([[0, runs]]) }));
    expect(outlook).toMatchObject({ offsets: '100', units: 2 });
    expect(unitsOf(outlook)).toEqual([
      [{ partition: 0, startOffset: '300', endOffset: '301' }],
      [{ partition: 0, startOffset: '400', endOffset: '499' }],
    ]);
    expect(refusal({ scope: 'rejected', wanted })).toBe('BACKFILL_REFUSED');
    const forgotten = new Map([[0, [{ start: 249n, end: 250n }]]]);
    expect(refusal({ scope: 'rejected', wanted, rejectedRuns: forgotten })).toBe('OFFSET_EXPIRED');
  });

  it('joins runs over the smallest gaps where there are too many', () => {
    const run = (start: number, end: number) => ({ start: BigInt(start), end: BigInt(end) });
    const runs = [run(0, 1), run(3, 4), run(100, 101), run(105, 106)];
    expect(joinRuns(runs, 4)).toEqual(runs);
    expect(joinRuns(runs, 2)).toEqual([run(0, 4), run(100, 106)]);
    expect(joinRuns(runs, 1)).toEqual([run(0, 106)]);
  });
});
