import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';

/** A file of rows, and when they could be read: in the log, and through Hive. */
export interface ReadableSince {
  readonly path: string;
  readonly committedAtMs: number;
  /** Null where Hive had not reached it when this was looked at. */
  readonly publishedAtMs: number | null;
}

/** Milliseconds from a row's event time to when it could be read. */
export interface Latencies {
  readonly rows: number;
  readonly commitMs: Quantiles;
  readonly hiveMs: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of every row in some files whose event time, in column `ts`, is within a stretch of time. */
export async function latenciesOf(
  files: readonly ReadableSince[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<Latencies> {
  const session = await DuckDbSession.open();
  try {
    await session.run('CREATE TABLE files (path VARCHAR, committed DOUBLE, published DOUBLE)');
    for (const { path, committedAtMs, publishedAtMs } of files) {
      await session.run(`INSERT INTO files VALUES (${literal(path)}, ${committedAtMs}, ${publishedAtMs ?? 'NULL'})`);
    }
    const quantiles = ['committed', 'published'].map(
      (when) =>
        `quantile_cont(${when} - made, 0.5) AS ${when}_p50, quantile_cont(${when} - made, 0.99) AS ${when}_p99, max(${when} - made) AS ${when}_max`,
    );
    const [row] = await session.rows(
      `SELECT count(*) AS rows, ${quantiles.join(', ')}
       FROM (SELECT filename, epoch_us(ts) / 1000.0 AS made
             FROM read_parquet([${files.map(({ path }) => literal(path)).join(', ')}], filename = true))
       JOIN files ON path = filename WHERE made >= ${fromMs} AND made < ${toMs}`,
    );
    const figure = (name: string): number => (row?.[name] == null ? Number.NaN : Number(row[name]));
    const of = (when: string): Quantiles => ({
      p50: figure(`${when}_p50`),
      p99: figure(`${when}_p99`),
      max: figure(`${when}_max`),
    });
    return { rows: Number(row?.['rows']), commitMs: of('committed'), hiveMs: of('published') };
  } finally {
    session.close();
  }
}
