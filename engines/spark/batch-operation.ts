import { pathToFileURL } from 'node:url';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { BatchRequest } from '../engine.ts';
import type { Plan, Relation } from './connect-protocol.ts';
import { kafkaSource } from './kafka-source.ts';
import { plainRecords, tableRow } from './plain-records.ts';
import { coalesce, collectMetrics, filter, groupBy, project, writeParquet } from './relations.ts';

/** Records that one task reads and writes: fewer make files that are needlessly small. */
export const RECORDS_PER_TASK = 100_000;
export const TOTALS = 'totals';

/** What the operation of a batch says beside its files. */
export interface BatchTotals {
  readonly records: number;
  /** Those of them that are in the files; the others are left to be judged. */
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

/** A batch as operations of Spark. All read the same ranges of Kafka, which don't change. */
export class BatchOperation {
  readonly #request: BatchRequest;
  readonly #records: Relation;
  readonly #tasks: number;
  readonly #partitions: readonly number[];

  constructor(
    request: BatchRequest,
    source: { readonly kafka: KafkaSettings; readonly loginFile: string | undefined },
  ) {
    const { plan, definition } = request;
    const filled = plan.ranges.filter(({ startOffset, endOffset }) => startOffset !== endOffset);
    const offsets = filled.reduce((sum, range) => sum + Number(BigInt(range.endOffset) - BigInt(range.startOffset)), 0);
    this.#request = request;
    this.#partitions = filled.map(({ partition }) => partition);
    this.#tasks = Math.max(1, Math.ceil(offsets / RECORDS_PER_TASK));
    const mark = `~${crypto.randomUUID()}`;
    this.#records = coalesce(plainRecords(definition, kafkaSource(plan, source, this.#tasks), mark), this.#tasks);
  }

  /** Writes the plain records' rows below `folder`, and counts all. */
  write(folder: string): Plan {
    const { definition } = this.#request;
    const totals = [
      'count(*) AS records',
      'count_if(plain) AS plain',
      'count_if(plain AND size(extra) > 0) AS with_extra',
      'sum(COALESCE(length(key), 0) + COALESCE(length(value), 0)) AS size_bytes',
      `max('${Buffer.from(folder).toString('hex')}') AS folder`,
      ...this.#partitions.flatMap((partition) => [
        `count_if(p = ${partition}) AS n_${partition}`,
        `min(IF(p = ${partition}, o, NULL)) AS first_${partition}`,
        `max(IF(p = ${partition}, o, NULL)) AS last_${partition}`,
      ]),
    ];
    const counted = collectMetrics(this.#records, TOTALS, totals);
    const partitionBy = definition.partitionBy === 'hour' ? ['dt', 'hour'] : ['dt'];
    return writeParquet(
      project(filter(counted, 'plain'), tableRow(definition)),
      pathToFileURL(folder).href,
      partitionBy,
    );
  }

  /** The records that are left to be judged, with their original bytes. */
  rest(): Plan {
    return { root: project(filter(this.#records, 'NOT plain'), ['p', 'o', 't', 'key', 'value']) };
  }

  /** How many plain records have each of the fields that no column takes. */
  extraFields(): Plan {
    const names = project(filter(this.#records, 'plain'), ['explode(extra) AS name']);
    return { root: groupBy(names, 'name', ['count(*) AS records']) };
  }
}

/** The metrics of `write`. Without a record there are none of a partition, and no folder. */
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
