import { pathToFileURL } from 'node:url';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { BatchRequest } from '../engine.ts';
import type { Plan, Relation } from './connect-protocol.ts';
import { kafkaSource } from './kafka-source.ts';
import { plainRecords, tableRow } from './plain-records.ts';
import { coalesce, collectMetrics, filter, groupBy, project, writeParquet } from './relations.ts';

/** Records that one task reads and writes: fewer make files that are needlessly small. */
export const RECORDS_PER_TASK = 100_000;
/** Names of what is counted: of one session's operations, Spark tells those of one name apart by nothing. */
export const TOTALS = 'totals';
export const ARCHIVED = 'archived';

/** The archive's own row of a record, with its partition column. */
const ARCHIVE_ROW = [
  'p AS kafka_partition',
  'o AS kafka_offset',
  'at AS kafka_timestamp',
  'key AS record_key',
  'value AS record_value',
  'CAST(at AS DATE) AS dt',
];

/** A batch as operations of Spark. All read the same ranges of Kafka, which don't change. */
export class BatchOperation {
  readonly #request: BatchRequest;
  readonly #source: Relation;
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
    this.#source = kafkaSource(plan, source, this.#tasks);
    this.#records = coalesce(plainRecords(definition, this.#source, mark), this.#tasks);
  }

  /** Writes the plain records' rows below `folder`, and counts all. */
  write(folder: string): Plan {
    const { definition } = this.#request;
    const decided = ['count_if(plain) AS plain', 'count_if(plain AND size(extra) > 0) AS with_extra'];
    const counted = collectMetrics(this.#records, TOTALS, [...this.#totals(folder), ...decided]);
    const partitionBy = definition.partitionBy === 'hour' ? ['dt', 'hour'] : ['dt'];
    return writeParquet(
      project(filter(counted, 'plain'), tableRow(definition)),
      pathToFileURL(folder).href,
      partitionBy,
    );
  }

  /** Writes every record as it is below `folder`, and counts all. */
  archive(folder: string): Plan {
    const read = project(this.#source, ['partition AS p', 'offset AS o', 'timestamp AS at', 'key', 'value']);
    const counted = collectMetrics(coalesce(read, this.#tasks), ARCHIVED, [
      ...this.#totals(folder),
      'count(*) AS plain',
    ]);
    return writeParquet(project(counted, ARCHIVE_ROW), pathToFileURL(folder).href, ['dt']);
  }

  #totals(folder: string): string[] {
    return [
      'count(*) AS records',
      'sum(COALESCE(length(key), 0) + COALESCE(length(value), 0)) AS size_bytes',
      `max('${Buffer.from(folder).toString('hex')}') AS folder`,
      ...this.#partitions.flatMap((partition) => [
        `count_if(p = ${partition}) AS n_${partition}`,
        `min(IF(p = ${partition}, o, NULL)) AS first_${partition}`,
        `max(IF(p = ${partition}, o, NULL)) AS last_${partition}`,
      ]),
    ];
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
