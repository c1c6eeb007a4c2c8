import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import { rewriteFilePath } from '../../plans/file-place.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import type { SparkSettings } from '../../settings/spark-settings.ts';
import { DuckDbRewriter } from '../duckdb/duckdb-rewriter.ts';
import { contentsOf, rowsOf } from '../duckdb/partition-rows.ts';
import { inRewriteSession, requireSameContents } from '../duckdb/rewrite-session.ts';
import type { WrittenFile } from '../engine.ts';
import type { Rewriter, RewriteRequest, RewriteResult } from '../rewriter.ts';
import { ConnectClient } from './connect-client.ts';
import { ConnectSession } from './connect-session.ts';
import { quoted, SPARK_TYPES } from './plain-records.ts';
import { readFiles, sort, writeParquet } from './relations.ts';
import { SESSION_SETTINGS } from './session-settings.ts';
import { filesIn } from './spark-files.ts';

/**
 * Sorts and merges Parquet files on Spark. That every row was kept is DuckDB's to say, which reads both sides and holds
 * none of them: sorting is what takes the memory. Old files and scratch folder must be where Spark's executors reach them.
 */
export class SparkRewriter implements Rewriter {
  readonly #spark: SparkSettings;

  constructor(spark: SparkSettings) {
    this.#spark = spark;
  }

  async rewrite(request: RewriteRequest): Promise<RewriteResult> {
    const { columns, localPaths, partition } = request;
    return inRewriteSession(request, async (session) => {
      const before = await contentsOf(session, await rowsOf(session, localPaths, columns), columns);
      // A file without rows only marks a rewrite: there is nothing to sort.
      if (before.rows === 0) return new DuckDbRewriter().rewrite(request);
      const files = await this.#sorted(session, request);
      const written = files.map(({ localPath }) => localPath);
      const after = await contentsOf(session, await rowsOf(session, written, columns), columns);
      requireSameContents(partition.name, before, after);
      return { files, ...before };
    });
  }

  async #sorted(session: DuckDbSession, request: RewriteRequest): Promise<WrittenFile[]> {
    const { columns, localPaths, sortBy, scratchFolder, partition, attempt, signal } = request;
    const folder = join(scratchFolder, 'rewritten');
    const sizes = await Promise.all(localPaths.map(async (path) => (await stat(path)).size));
    const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
    const files = Math.max(1, Math.ceil(sizeBytes / request.targetFileBytes));
    const rows = readFiles(
      'parquet',
      localPaths.map((path) => pathToFileURL(path).href),
      schemaOf(columns),
    );
    const plan = writeParquet(sort(rows, sortBy.map(quoted)), pathToFileURL(folder).href, []);
    await this.#run(plan, { ...SESSION_SETTINGS, 'spark.sql.shuffle.partitions': String(files) }, signal);
    const left = await filesIn(folder, { columns }, session);
    return left.map((file, index) => ({
      ...file,
      path: rewriteFilePath(partition.name, attempt, index),
      partitionValues: partition.values,
    }));
  }

  /** In a session of its own: nobody joins it, since a rewrite that has ended early is begun anew. */
  async #run(
    plan: Parameters<ConnectSession['run']>[1],
    settings: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const client = new ConnectClient(this.#spark);
    const session = new ConnectSession(client, crypto.randomUUID());
    try {
      await session.configure(settings, signal);
      await session.run(crypto.randomUUID(), plan, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof SluiceError) throw thrown;
      const message = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
      throw new SluiceError('ENGINE_FAILED', `Spark failed to sort files: ${message}`, {
        remedy:
          'Nothing was changed, and it is tried again; if it fails for ever, see the logs of Spark and of the worker.',
        cause: thrown,
      });
    } finally {
      await session.release();
      client.close();
    }
  }
}

/** Of all files: one that lacks a column has NULL there. */
function schemaOf(columns: readonly StoredColumn[]): string {
  return columns
    .map(({ name, type }) => `${quoted(name)} ${type === 'binary' ? 'BINARY' : SPARK_TYPES[type]}`)
    .join(', ');
}
