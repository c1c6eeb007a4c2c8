import type { SpoolSegment } from '../../kafka/spool.ts';
import type { IsolatedRecord } from '../duckdb/isolation.ts';

/** A row of `BatchOperation.rest`. */
export function recordOf(row: Readonly<Record<string, unknown>>): IsolatedRecord {
  const bytes = (value: unknown): Buffer | null => (value instanceof Uint8Array ? Buffer.from(value) : null);
  return {
    partition: Number(row['p']),
    offset: BigInt(String(row['o'])),
    timestampMs: Number(row['t']),
    key: bytes(row['key']),
    value: bytes(row['value']),
  };
}

/** The records as segments of a spool that has no line: each of them is judged by itself. */
export function segmentsOf(records: readonly IsolatedRecord[]): SpoolSegment[] {
  return [...Map.groupBy(records, ({ partition }) => partition)].map(([partition, odd]) => ({
    partition,
    path: '',
    rowCount: 0,
    firstOffset: odd[0]?.offset ?? -1n,
    lastOffset: odd.at(-1)?.offset ?? -1n,
    sizeBytes: 0,
    odd,
    records: (visit) => odd.forEach(visit),
  }));
}
