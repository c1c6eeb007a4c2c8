import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { SpoolSegment } from '../../kafka/spool.ts';
import type { RejectionReason } from '../../plans/rejection.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { MAX_UNKNOWN_FIELDS } from '../../plans/unknown-fields.ts';
import type { BatchRequest, BatchResult, WrittenFile } from '../engine.ts';
import { isolate, type IsolatedRecord, type RejectedRecord } from './isolation.ts';
import { writeParquet } from './parquet-writer.ts';
import {
  acceptance,
  castRecords,
  longestLineBytes,
  rejection,
  type SpooledPartition,
  spooledRecords,
  tableRow,
} from './record-sql.ts';
import { writeRejected } from './rejected-rows.ts';

/**
 * Decides about spooled records, and writes them: what is accepted and what is rejected, and why, is said here, by DuckDB's
 * own JSON parser and casts.
 */
export class CarefulConversion {
  readonly #session: DuckDbSession;

  constructor(session: DuckDbSession) {
    this.#session = session;
  }

  /** @param firstIndex of the files' names: those below have been given away */
  async convert(
    request: BatchRequest,
    segments: readonly SpoolSegment[],
    firstIndex: number,
  ): Promise<Omit<BatchResult, 'fetchedBytes'>> {
    const { strict, suspects } = await this.#sortOut(request, segments);
    const isolated = await isolate(this.#session, request.definition, suspects);
    const cleaned = await writeLines(request.scratchFolder, isolated.lines);
    const spooled = [...partitionsOf(strict), ...cleaned];
    const lineCount = sum(strict, (segment) => segment.rowCount) + isolated.lines.length;

    const files = await this.#writeAccepted(request, spooled, firstIndex);
    const rows = sum(files, (file) => file.rows);
    const refused = rows === lineCount ? [] : await this.#refused(request, spooled, segments);
    if (rows + refused.length !== lineCount) {
      throw new SluiceError(
        'COUNT_MISMATCH',
        `Batch ${request.plan.sequence}: ${lineCount} records became ${rows} rows and ${refused.length} rejected.`,
      );
    }
    const rejected = [...isolated.rejected, ...refused];
    const rejectedFiles = await writeRejected(this.#session, rejected, request);
    return {
      rows,
      files,
      rejectedRows: rejected.length,
      rejectedFiles,
      unknownFields: await this.#unknownFields(request, spooled),
    };
  }

  /** Strictly readable segments, and every record of the others by itself. */
  async #sortOut(
    request: BatchRequest,
    segments: readonly SpoolSegment[],
  ): Promise<{ strict: SpoolSegment[]; suspects: IsolatedRecord[] }> {
    const suspects: IsolatedRecord[] = segments.flatMap((segment) =>
      segment.odd.map((record) => ({ partition: segment.partition, ...record })),
    );
    const withLines = segments.filter((segment) => segment.rowCount > 0);
    if (withLines.length === 0) return { strict: [], suspects };
    if (await this.#readsStrictly(request, withLines)) return { strict: withLines, suspects };
    const strict: SpoolSegment[] = [];
    for (const segment of withLines) {
      if (await this.#readsStrictly(request, [segment])) strict.push(segment);
      else suspects.push(...linesOf(segment));
    }
    return { strict, suspects };
  }

  async #readsStrictly(request: BatchRequest, segments: readonly SpoolSegment[]): Promise<boolean> {
    try {
      const records = spooledRecords(request.definition, partitionsOf(segments));
      await this.#session.run(`SELECT count(*), max(o), max(r0) FROM (${records})`);
      return true;
    } catch (thrown) {
      if (thrown instanceof Error && /malformed json|json transform error/i.test(thrown.message)) return false;
      throw thrown;
    }
  }

  async #writeAccepted(
    request: BatchRequest,
    spooled: readonly SpooledPartition[],
    firstIndex: number,
  ): Promise<WrittenFile[]> {
    if (spooled.length === 0) return [];
    const { definition } = request;
    const records = castRecords(definition, spooledRecords(definition, spooled));
    const select = `SELECT ${tableRow(definition)} FROM (${records}) WHERE ${acceptance(definition)}`;
    return writeParquet(this.#session, select, mainTable(definition), request, firstIndex);
  }

  /** The records that read well but hold what the table can't, with their original bytes. */
  async #refused(
    request: BatchRequest,
    spooled: readonly SpooledPartition[],
    segments: readonly SpoolSegment[],
  ): Promise<RejectedRecord[]> {
    const { definition } = request;
    const records = castRecords(definition, spooledRecords(definition, spooled));
    const rows = await this.#session.rows(
      `SELECT p, o, x.reason AS reason, x.detail AS detail
       FROM (SELECT p, o, ${rejection(definition)} AS x FROM (${records})) WHERE x IS NOT NULL`,
    );
    const verdicts = new Map(rows.map((row) => [`${String(row['p'])}/${String(row['o'])}`, row]));
    const refused: RejectedRecord[] = [];
    for (const segment of segments) {
      for (const record of [
        ...segment.odd.map((odd) => ({ partition: segment.partition, ...odd })),
        ...linesOf(segment),
      ]) {
        const verdict = verdicts.get(`${record.partition}/${record.offset}`);
        if (verdict === undefined) continue;
        refused.push({ ...record, reason: verdict['reason'] as RejectionReason, detail: String(verdict['detail']) });
      }
    }
    return refused;
  }

  async #unknownFields(
    request: BatchRequest,
    spooled: readonly SpooledPartition[],
  ): Promise<Readonly<Record<string, number>>> {
    if (spooled.length === 0) return {};
    const known = ['~o', '~t', ...request.definition.columns.map((column) => column.name)].map(literal).join(', ');
    const paths = spooled
      .flatMap((partition) => partition.paths)
      .map(literal)
      .join(', ');
    const rows = await this.#session.rows(
      `SELECT name, count(*) AS records
       FROM (SELECT unnest(list_distinct(json_keys(json))) AS name FROM read_ndjson_objects([${paths}], maximum_object_size = ${longestLineBytes(request.definition)}))
       WHERE name NOT IN (${known}) GROUP BY name ORDER BY records DESC, name LIMIT ${MAX_UNKNOWN_FIELDS}`,
    );
    return Object.fromEntries(rows.map((row) => [String(row['name']), Number(row['records'])]));
  }
}

function partitionsOf(segments: readonly SpoolSegment[]): SpooledPartition[] {
  const paths = Map.groupBy(segments, (segment) => segment.partition);
  return [...paths].map(([partition, of]) => ({ partition, paths: of.map((segment) => segment.path) }));
}

function linesOf(segment: SpoolSegment): IsolatedRecord[] {
  const records: IsolatedRecord[] = [];
  const odd = new Set(segment.odd.map((record) => record.offset));
  segment.records((record) => {
    if (!odd.has(record.offset)) records.push({ partition: segment.partition, ...record });
  });
  return records;
}

async function writeLines(
  folder: string,
  lines: readonly { readonly partition: number; readonly line: string }[],
): Promise<SpooledPartition[]> {
  const written: SpooledPartition[] = [];
  for (const [partition, of] of Map.groupBy(lines, (line) => line.partition)) {
    const path = join(folder, `isolated-${partition}.ndjson`);
    await writeFile(path, of.map(({ line }) => line).join(''));
    written.push({ partition, paths: [path] });
  }
  return written;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
