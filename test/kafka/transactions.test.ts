import { describe, expect, it } from 'vitest';
import { readRecordBatches } from '../../kafka/record-batch.ts';
import { committedBatches, type AbortedTransaction } from '../../kafka/transactions.ts';
import { buildBatch, buildMarker } from './batch-builder.ts';

const ONE = 1n;
const TWO = 2n;

function transactional(baseOffset: bigint, producerId: bigint): Buffer {
  return buildBatch({ baseOffset, producerId, isTransactional: true, records: [{ value: '{}' }] });
}

function plain(baseOffset: bigint): Buffer {
  return buildBatch({ baseOffset, records: [{ value: '{}' }] });
}

function committedOffsets(parts: Buffer[], aborted: AbortedTransaction[]): bigint[] {
  const { batches } = readRecordBatches(Buffer.concat(parts), 1_000n);
  return committedBatches(batches, aborted).map(({ baseOffset }) => baseOffset);
}

describe('committed batches', () => {
  it('keeps committed and plain records, and no marker', () => {
    const parts = [transactional(0n, ONE), plain(1n), buildMarker(2n, ONE, 'commit'), plain(3n)];
    expect(committedOffsets(parts, [])).toEqual([0n, 1n, 3n]);
  });

  it("drops an aborted transaction's records up to its marker, and nothing of others in between", () => {
    const parts = [
      transactional(0n, ONE),
      transactional(1n, TWO),
      plain(2n),
      transactional(3n, ONE),
      buildMarker(4n, ONE, 'abort'),
      buildMarker(5n, TWO, 'commit'),
      transactional(6n, ONE),
      buildMarker(7n, ONE, 'commit'),
    ];
    expect(committedOffsets(parts, [{ producerId: ONE, firstOffset: 0n }])).toEqual([1n, 2n, 6n]);
  });

  it('keeps what the same producer committed before it aborted', () => {
    const parts = [
      transactional(0n, ONE),
      buildMarker(1n, ONE, 'commit'),
      transactional(2n, ONE),
      buildMarker(3n, ONE, 'abort'),
    ];
    expect(committedOffsets(parts, [{ producerId: ONE, firstOffset: 2n }])).toEqual([0n]);
  });

  it('knows a transaction that began before what was fetched, and several listed in any order', () => {
    const parts = [
      transactional(10n, ONE),
      buildMarker(11n, ONE, 'abort'),
      transactional(12n, ONE),
      buildMarker(13n, ONE, 'abort'),
      transactional(14n, ONE),
    ];
    const aborted = [
      { producerId: ONE, firstOffset: 12n },
      { producerId: ONE, firstOffset: 3n },
    ];
    expect(committedOffsets(parts, aborted)).toEqual([14n]);
  });

  it("keeps the plain records of a producer whose transaction aborts, for they aren't part of it", () => {
    const idempotent = buildBatch({ baseOffset: 1n, producerId: ONE, records: [{ value: '{}' }] });
    const parts = [transactional(0n, ONE), idempotent, buildMarker(2n, ONE, 'abort')];
    expect(committedOffsets(parts, [{ producerId: ONE, firstOffset: 0n }])).toEqual([1n]);
  });
});
