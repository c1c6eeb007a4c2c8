import { describe, expect, it } from 'vitest';
import type { BatchPlan, BatchSeal } from '../../plans/batch.ts';
import { planWithLosses, requireUndecided, type TableStand } from '../../plans/operator-decision.ts';
import { planMicroBatch } from '../../plans/micro-batch.ts';

const decision = { by: 'operator', definitionHash: 'h', nowMs: 5 };

const stand = (change: Partial<TableStand> = {}): TableStand => ({
  table: 't',
  topic: 'topic',
  topicId: 'id',
  engine: 'duckdb',
  committed: new Map([
    [0, 100n],
    [1, 50n],
  ]),
  sequence: 8,
  plan: undefined,
  seal: undefined,
  ...change,
});

const plan: BatchPlan = {
  format: 1,
  sequence: 8,
  revision: 2,
  plannedAtMs: 1,
  topic: 'topic',
  topicId: 'id',
  ranges: [{ partition: 0, startOffset: '100', endOffset: '120' }],
  nextOffsets: { 0: '120', 1: '50' },
  engine: 'duckdb',
  definitionHash: 'old',
};

const held = (earliest0: bigint, earliest1 = 0n) =>
  new Map([
    [0, { earliest: earliest0, lastStable: 200n }],
    [1, { earliest: earliest1, lastStable: 60n }],
  ]);

const lost = (partition: number, start: number, end: number, cause: 'expired' | 'given_up' = 'expired') => ({
  partition,
  startOffset: String(start),
  endOffset: String(end),
  cause,
  by: 'operator',
  acceptedAtMs: 5,
});

describe('planWithLosses', () => {
  it('gives a plan whose range has expired in part a revision that begins later, and names what is lost', () => {
    expect(planWithLosses(stand({ plan }), held(110n), decision)).toMatchObject({
      revision: 3,
      ranges: [{ partition: 0, startOffset: '110', endOffset: '120' }],
      nextOffsets: { 0: '120', 1: '50' },
      lost: [lost(0, 100, 110)],
      change: {
        reason: 'loss_accepted',
        by: 'operator',
        detail: 'offsets 100 to 109 of partition 0 (expired in Kafka)',
      },
    });
  });

  it('goes beyond the plan where more than that has expired, in other partitions too', () => {
    expect(planWithLosses(stand({ plan }), held(150n, 55n), decision)).toMatchObject({
      ranges: [],
      nextOffsets: { 0: '150', 1: '55' },
      lost: [lost(0, 100, 150), lost(1, 50, 55)],
    });
  });

  it('makes the first revision of a batch that nobody could plan, after which planning goes on', () => {
    const made = planWithLosses(stand(), held(130n), decision);
    expect(made).toMatchObject({ sequence: 8, revision: 0, ranges: [], nextOffsets: { 0: '130', 1: '50' } });
    const committed = new Map(Object.entries(made.nextOffsets).map(([p, offset]) => [Number(p), BigInt(offset)]));
    const limits = { maxRows: 1000, maxBytes: 1_000_000 };
    const next = planMicroBatch({ table: 't', committed, available: held(130n), limits, recordSizeBytes: 1 });
    expect(next.ranges[0]).toEqual({ partition: 0, startOffset: '130', endOffset: '200' });
  });

  it('takes a partition that was added later as lost from its beginning', () => {
    const available = new Map([...held(0n), [2, { earliest: 7n, lastStable: 9n }]]);
    expect(planWithLosses(stand(), available, decision).lost).toEqual([lost(2, 0, 7)]);
  });

  it('adds to what was given up before', () => {
    const first = planWithLosses(stand({ plan }), held(110n), decision);
    const second = planWithLosses(stand({ plan: first }), held(115n), decision);
    expect(second).toMatchObject({ revision: 4, ranges: [{ startOffset: '115' }], lost: [lost(0, 100, 115)] });
  });

  it('gives up what an operator names, from where the table stands', () => {
    const givenUp = { partition: 0, to: 105n };
    expect(planWithLosses(stand({ plan }), held(0n), { ...decision, givenUp })).toMatchObject({
      ranges: [{ partition: 0, startOffset: '105', endOffset: '120' }],
      lost: [lost(0, 100, 105, 'given_up')],
    });
  });

  it.each([
    ['nothing has expired', held(100n), {}, /Nothing of t has expired/],
    ['what is named lies behind the table', held(0n), { givenUp: { partition: 0, to: 100n } }, /must be above 100/],
    ['what is named is not there yet', held(0n), { givenUp: { partition: 0, to: 201n } }, /not above 200/],
    ['there is no such partition', held(0n), { givenUp: { partition: 9, to: 1n } }, /no partition 9/],
  ])('refuses where %s', (_, available, more, message) => {
    expect(() => planWithLosses(stand({ plan }), available, { ...decision, ...more })).toThrow(message);
  });

  it('refuses a batch that is decided', () => {
    const seal: BatchSeal = {
      format: 1,
      sequence: 8,
      revision: 1,
      attempt: 'a',
      sealedAtMs: 1,
      topic: 'topic',
      nextOffsets: {},
      rows: 3,
      files: [],
      rejectedRows: 0,
      rejectedFiles: [],
      unknownFields: {},
    };
    const sealed = stand({ plan, seal });
    expect(() => planWithLosses(sealed, held(150n), decision)).toThrow(/sealed \(revision 1, 3 rows\)/);
    expect(() => requireUndecided(sealed)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => requireUndecided(stand({ plan }))).not.toThrow();
  });
});
