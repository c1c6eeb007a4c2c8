import { join } from 'node:path';
import { identifier, literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import { rewriteFilePath } from '../../plans/file-place.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import type { WrittenFile } from '../engine.ts';
import type { Rewriter, RewriteRequest, RewriteResult } from '../rewriter.ts';
import { DUCKDB_TYPES } from './record-sql.ts';
import { describeFile, type ReturnedFile } from './returned-files.ts';

/** One thread, so that ingestion beside it always finds a core. */
export const REWRITE_THREADS = 1;
/** Memory that sorting may take before it goes on in the scratch folder. */
export const REWRITE_MEMORY_LIMIT = '256MB';
const INTERRUPT_EVERY_MS = 50;

interface Contents {
  readonly rows: number;
  readonly checksum: string;
}

/** Sorts and merges Parquet files in this process, each rewrite in a session of its own. */
export class DuckDbRewriter implements Rewriter {
  async rewrite(request: RewriteRequest): Promise<RewriteResult> {
    const session = await DuckDbSession.open({
      threads: REWRITE_THREADS,
      memoryLimit: REWRITE_MEMORY_LIMIT,
      spillFolder: join(request.scratchFolder, 'spill'),
    });
    // Again and again, since between two statements there is nothing to interrupt.
    const interrupts = setInterval(() => {
      if (request.signal.aborted) session.connection.interrupt();
    }, INTERRUPT_EVERY_MS);
    try {
      request.signal.throwIfAborted();
      const result = await this.#rewrite(session, request);
      request.signal.throwIfAborted();
      return result;
    } catch (thrown) {
      request.signal.throwIfAborted();
      if (thrown instanceof SluiceError) throw thrown;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw new SluiceError('ENGINE_FAILED', `DuckDB failed to rewrite ${request.partition.name}: ${message}`, {
        remedy: 'Nothing was changed, and it is tried again; if it fails for ever, see the worker’s log.',
        cause: thrown,
      });
    } finally {
      clearInterval(interrupts);
      session.close();
    }
  }

  async #rewrite(session: DuckDbSession, request: RewriteRequest): Promise<RewriteResult> {
    const { columns } = request;
    const rows = await rowsOf(session, request.localPaths, columns);
    const before = await contentsOf(session, rows, columns);
    const files = await write(session, rows, request);
    const written = files.map(({ localPath }) => localPath);
    const after = await contentsOf(session, await rowsOf(session, written, columns), columns);
    if (after.rows !== before.rows || after.checksum !== before.checksum) {
      const counts = `${before.rows} rows (checksum ${before.checksum}) became ${after.rows} (${after.checksum})`;
      throw new SluiceError('COUNT_MISMATCH', `A rewrite of ${request.partition.name} went wrong: ${counts}.`, {
        remedy: 'Nothing was changed, and it is tried again; if it fails for ever, see the worker’s log.',
      });
    }
    return { files, ...before };
  }
}

/** A SELECT of the files' rows with these very columns, in this order. */
async function rowsOf(
  session: DuckDbSession,
  localPaths: readonly string[],
  columns: readonly StoredColumn[],
): Promise<string> {
  const from = `read_parquet([${localPaths.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${from}`);
  const present = new Set(described.map((row) => row['column_name']));
  const values = columns.map(({ name, type }) => {
    const value = present.has(name) ? identifier(name) : 'NULL';
    return `CAST(${value} AS ${type === 'binary' ? 'BLOB' : DUCKDB_TYPES[type]}) AS ${identifier(name)}`;
  });
  return `SELECT ${values.join(', ')} FROM ${from}`;
}

/** Counts rows and sums up their hashes: a lost, doubled or altered row shows, its place does not. */
async function contentsOf(session: DuckDbSession, rows: string, columns: readonly StoredColumn[]): Promise<Contents> {
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const [found] = await session.rows(
    `SELECT count(*) AS rows, coalesce(sum(hash(${names})), 0)::VARCHAR AS checksum FROM (${rows})`,
  );
  return { rows: Number(found?.['rows']), checksum: String(found?.['checksum']) };
}

async function write(session: DuckDbSession, rows: string, request: RewriteRequest): Promise<WrittenFile[]> {
  const { columns, partition, attempt } = request;
  const folder = join(request.scratchFolder, 'rewritten');
  const returned = (await session.rows(
    `COPY (${rows} ORDER BY ${request.sortBy.map(identifier).join(', ')}) TO ${literal(folder)}
     (FORMAT parquet, COMPRESSION zstd, FILE_SIZE_BYTES ${request.targetFileBytes}, RETURN_STATS)`,
  )) as unknown as ReturnedFile[];
  // Without rows there still is a file: it marks that the partition has been rewritten.
  return returned
    .filter((file) => Number(file.count) > 0 || returned.length === 1)
    .map((file, index) => ({
      ...describeFile(file, columns),
      path: rewriteFilePath(partition.name, attempt, index),
      partitionValues: partition.values,
    }));
}
