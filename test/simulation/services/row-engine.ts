import { SluiceError } from '../../../errors/sluice-error.ts';
import type { BatchRequest, BatchResult, Engine, WrittenFile } from '../../../engines/engine.ts';
import type { BatchPlan } from '../../../plans/batch.ts';
import { batchFilePath } from '../../../plans/table-paths.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { MemoryTopic, TopicRecord } from './memory-topic.ts';
import { derived, ruleOf } from './rule.ts';

export const DAY = '2026-11-23';

/** The hours of the first day, and of those after it. */
export function hourOf({ hour }: { readonly hour: number }): Readonly<Record<string, string>> {
  return { ...dayOf({ hour }), hour: String(hour % 24) };
}

export function dayOf({ hour }: { readonly hour: number }): Readonly<Record<string, string>> {
  const startMs = Date.parse(DAY) + Math.floor(hour / 24) * 86_400_000;
  return { dt: new Date(startMs).toISOString().slice(0, 10) };
}

/** A row as it lies in a file: where it came from, and what was made of it. */
export interface Row {
  readonly partition: number;
  readonly offset: number;
  readonly hour: number;
}

/**
 * Writes rows as JSON. A stand-in for DuckDB, which reads a broker and writes files on its own and so can't be stopped
 * between two steps. What it is asked for, what it gives back and what is done with that is what ships.
 */
export class RowEngine implements Engine {
  readonly #process: SimulatedProcess;
  readonly #topics: ReadonlyMap<string, MemoryTopic>;

  readonly #beforeReading: (plan: BatchPlan, shard: number) => void;

  /** @param beforeReading hears of each plan before its first record is read, and throws for one that can't be done */
  constructor(
    process: SimulatedProcess,
    topics: ReadonlyMap<string, MemoryTopic>,
    beforeReading: (plan: BatchPlan, shard: number) => void,
  ) {
    this.#process = process;
    this.#topics = topics;
    this.#beforeReading = beforeReading;
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    const { plan, shard = 0 } = request;
    this.#beforeReading(plan, shard);
    const read = (await Promise.all(plan.ranges.map((range) => this.#read(plan.topic, range)))).flat();
    request.signal.throwIfAborted();
    const rule = ruleOf(request.definition);
    const records = read.map((record) => derived(record, rule));
    const good = records.filter(({ bad }) => !bad);
    const refused = records.filter(({ bad }) => bad);
    const byHour = Map.groupBy(good, ({ hour }) => hour);
    return {
      rows: good.length,
      files: [...byHour].map(([hour, rows], index) =>
        this.#file(request, `accepted-${index}`, index, hourOf({ hour }), rows),
      ),
      rejectedRows: refused.length,
      rejectedFiles: this.#filesByDay(request, 'rejected', refused),
      ...(request.definition.archive === undefined ? {} : { archiveFiles: this.#filesByDay(request, 'archive', read) }),
      unknownFields: {},
      fetchedBytes: records.length * 100,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #read(topic: string, range: BatchRequest['plan']['ranges'][number]): Promise<TopicRecord[]> {
    const { partition, startOffset, endOffset } = range;
    return this.#process.step({
      label: `fetch ${topic} ${partition}: ${startOffset} to ${endOffset}`,
      changes: false,
      effect: () => {
        const found = this.#topics.get(topic);
        if (found?.holds(partition, Number(startOffset)) === false) {
          throw new SluiceError('OFFSET_EXPIRED', `Offset ${startOffset} of partition ${partition} has expired.`);
        }
        return found?.read(partition, Number(startOffset), Number(endOffset)) ?? [];
      },
      outcome: (records) => `${records.length} records`,
      failure: () => new SluiceError('ENGINE_FAILED', 'The engine failed.'),
    });
  }

  #filesByDay(request: BatchRequest, name: string, records: readonly TopicRecord[]): WrittenFile[] {
    const byDay = Map.groupBy(records, (record) => dayOf(record)['dt'] ?? '');
    return [...byDay].map(([dt, of], index) => this.#file(request, `${name}-${index}`, index, { dt }, of));
  }

  #file(
    request: BatchRequest,
    localName: string,
    index: number,
    partitionValues: Readonly<Record<string, string>>,
    records: readonly TopicRecord[],
  ): WrittenFile {
    const rows: Row[] = records.map(({ partition, offset, hour }) => ({ partition, offset, hour }));
    const bytes = Buffer.from(JSON.stringify(rows));
    const localPath = `${request.scratchFolder}/${localName}`;
    this.#process.scratch.set(localPath, bytes);
    return {
      localPath,
      path: batchFilePath({ ...request.plan, shard: request.shard ?? 0 }, request.attempt, index),
      partitionValues,
      sizeBytes: bytes.length,
      rows: rows.length,
      stats: rowStatistics(rows),
    };
  }
}

/** What the log keeps of a file. */
export function rowStatistics(rows: readonly Row[]): string {
  const bounds = (of: (...values: number[]) => number): object => ({
    kafka_partition: of(...rows.map(({ partition }) => partition)),
    kafka_offset: of(...rows.map(({ offset }) => offset)),
  });
  const numRecords = rows.length;
  if (numRecords === 0) return JSON.stringify({ numRecords });
  return JSON.stringify({ numRecords, minValues: bounds(Math.min), maxValues: bounds(Math.max) });
}
