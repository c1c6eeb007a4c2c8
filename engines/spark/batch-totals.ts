import { SluiceError } from '../../errors/sluice-error.ts';
import type { BatchPlan } from '../../plans/batch.ts';

/** What an operation that writes says beside its files. */
export interface BatchTotals {
  readonly records: number;
  /** Those of them that are in the files; the others are left to be judged. Of an archive all are. */
  readonly plain: number;
  /** Plain ones with fields that no column takes. */
  readonly withExtra: number;
  /** Bytes of keys and values, decompressed. */
  readonly sizeBytes: number;
  /** Where the files are: who joins the operation of another attempt knows it from here. */
  readonly folder: string;
  /** By partition: records, and the offsets of the first and the last. */
  readonly partitions: ReadonlyMap<number, { readonly records: number; readonly first: bigint; readonly last: bigint }>;
}

/** From the metrics of `write` and `archive`. Without a record there are none of a partition, and no folder. */
export function totalsOf(metrics: Readonly<Record<string, unknown>>): BatchTotals {
  const number = (name: string): number => Number(metrics[name] ?? 0);
  const partitions = Object.keys(metrics).flatMap((name) => {
    const partition = /^n_(\d+)$/.exec(name)?.[1];
    if (partition === undefined || number(name) === 0) return [];
    const [first, last] = [metrics[`first_${partition}`], metrics[`last_${partition}`]].map((offset) =>
      BigInt(String(offset)),
    );
    return [[Number(partition), { records: number(name), first: first ?? -1n, last: last ?? -1n }] as const];
  });
  return {
    records: number('records'),
    plain: number('plain'),
    withExtra: number('with_extra'),
    sizeBytes: number('size_bytes'),
    folder: Buffer.from(typeof metrics['folder'] === 'string' ? metrics['folder'] : '', 'hex').toString(),
    partitions: new Map(partitions),
  };
}

/** @throws SluiceError COUNT_MISMATCH where an operation has read what is not planned */
export function requireWithin(plan: BatchPlan, { partitions, records }: BatchTotals): void {
  const ranges = new Map(plan.ranges.map((range) => [range.partition, range]));
  let counted = 0;
  for (const [partition, { records: some, first, last }] of partitions) {
    const range = ranges.get(partition);
    const within = range !== undefined && first >= BigInt(range.startOffset) && last < BigInt(range.endOffset);
    if (!within)
      throw mismatch(plan, `offsets ${String(first)} to ${String(last)} of partition ${partition} were not planned`);
    counted += some;
  }
  if (counted !== records)
    throw mismatch(plan, `${records} records were read, ${counted} of them from planned partitions`);
}

/** @throws SluiceError COUNT_MISMATCH where two operations have not read the same records */
export function requireSameRecords(plan: BatchPlan, rows: BatchTotals, archived: BatchTotals): void {
  const [ofRows, ofArchive] = [rows, archived].map(({ records, sizeBytes, partitions }) => {
    const parts = [...partitions].map(
      ([partition, { records: some, first, last }]) => `${some} of ${partition}: ${first}-${last}`,
    );
    return `${records} records of ${sizeBytes} bytes (${parts.sort().join(', ')})`;
  });
  if (ofRows !== ofArchive) throw mismatch(plan, `${ofRows ?? ''} were read, and ${ofArchive ?? ''} archived`);
}

export function mismatch(plan: BatchPlan, what: string): SluiceError {
  return new SluiceError('COUNT_MISMATCH', `Batch ${plan.sequence} on Spark: ${what}.`, {
    remedy: 'Nothing was committed, and it is tried again; if it fails for ever, see the worker’s log.',
  });
}
