import { FILE_COLUMN, identifier, literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import type { LostRange } from '../plans/batch.ts';
import { decodedPath, placeOf } from '../plans/file-place.ts';
import type { TableShape } from '../plans/table-shape.ts';
import { committedOffsets, committedSequence } from './committed.ts';
import { rowCountOf } from './log/snapshot.ts';
import { type LogEntry, TableLog } from './log/table-log.ts';
import { readLosses } from './losses.ts';
import type { Storage } from './storage/storage.ts';

/** Commits that freshness is measured over: the newest ones, a minute or so of a live table. */
export const FRESHNESS_COMMITS = 120;

/** What the lake alone says of a table. */
export interface LakeStatus {
  readonly version: number;
  readonly rows: number;
  readonly files: number;
  readonly sizeBytes: number;
  /** Next offset of each partition of the topic. */
  readonly offsets: ReadonlyMap<number, bigint>;
  /** Offsets that operators have given up. */
  readonly lost: readonly LostRange[];
  readonly lastCommitAtMs: number | null;
  /** The newest version that is known to have reached Hive when the last commit was made. */
  readonly hiveVersion: number | null;
  readonly freshness: Freshness | null;
}

/** Milliseconds from a row's event time until it could be queried; rows of the newest commits. */
export interface Freshness {
  readonly rows: number;
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
  readonly hiveP50Ms: number | null;
  readonly hiveP99Ms: number | null;
}

/** Reads a table's status from its log; undefined where the table has not begun. */
export async function readLakeStatus(
  storage: Storage,
  shape: TableShape,
  source: { readonly topic: string; readonly eventTimeColumn: string },
): Promise<LakeStatus | undefined> {
  const log = new TableLog(storage, shape.path);
  await log.refresh();
  const { snapshot } = log;
  if (snapshot.version < 0) return undefined;
  const files = [...snapshot.files.values()];
  const recent = await newestEntries(log);
  const published = publications(recent);
  return {
    version: snapshot.version,
    rows: files.reduce((sum, file) => sum + rowCountOf(file), 0),
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.size, 0),
    offsets: committedOffsets(snapshot, source.topic),
    lost: await readLosses(storage, shape.path, committedSequence(snapshot, source.topic)),
    lastCommitAtMs: recent.at(-1)?.actions.find((action) => action.commitInfo)?.commitInfo?.timestamp ?? null,
    hiveVersion: published.at(-1)?.version ?? null,
    freshness: await measureFreshness(storage, shape, source.eventTimeColumn, recent, published),
  };
}

async function newestEntries(log: TableLog): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (
    let version = Math.max(0, log.snapshot.version - FRESHNESS_COMMITS);
    version <= log.snapshot.version;
    version += 1
  ) {
    const entry = await log.readEntry(version);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

type Publications = readonly { readonly version: number; readonly atMs: number }[];

function publications(entries: readonly LogEntry[]): Publications {
  return entries.flatMap(({ actions }) => actions.flatMap(({ commitInfo }) => commitInfo?.sluice?.published ?? []));
}

async function measureFreshness(
  storage: Storage,
  shape: TableShape,
  eventTimeColumn: string,
  entries: readonly LogEntry[],
  published: Publications,
): Promise<Freshness | null> {
  const arrived = entries.flatMap(({ version, actions }) => {
    const committedAtMs = actions.find((action) => action.commitInfo)?.commitInfo?.timestamp ?? 0;
    const hiveAtMs = published.find((publication) => publication.version >= version)?.atMs;
    return actions.flatMap(({ add }) =>
      add === undefined || !isBatchFile(add.path)
        ? []
        : [{ path: `${shape.path}/${decodedPath(add.path)}`, committedAtMs, hiveAtMs }],
    );
  });
  // What was compacted long ago may have been vacuumed since.
  const held = await Promise.all(arrived.map(({ path }) => storage.exists(path)));
  const files = arrived.filter((_, index) => held[index]);
  if (files.length === 0) return null;
  const paths = files.map(({ path }) => path);
  const [row] = await storage.readLocally(paths, (local) =>
    DuckDbSession.once(
      latencySql(
        eventTimeColumn,
        files.map((file, index) => ({ ...file, path: local[index] ?? '' })),
      ),
    ),
  );
  const rounded = (name: string): number | null => (row?.[name] == null ? null : Math.round(Number(row[name])));
  return {
    rows: Number(row?.['rows'] ?? 0),
    commitP50Ms: rounded('c50') ?? 0,
    commitP99Ms: rounded('c99') ?? 0,
    hiveP50Ms: rounded('h50'),
    hiveP99Ms: rounded('h99'),
  };
}

/** Whether rows came with this file; a rewrite's were in the table before. */
function isBatchFile(path: string): boolean {
  return placeOf(decodedPath(path))?.kind === 'batch';
}

function latencySql(
  eventTimeColumn: string,
  files: readonly { path: string; committedAtMs: number; hiveAtMs: number | undefined }[],
): string {
  const known = files.map(
    ({ path, committedAtMs, hiveAtMs }) => `(${literal(path)}, ${committedAtMs}, ${hiveAtMs ?? 'NULL'})`,
  );
  const paths = files.map(({ path }) => literal(path)).join(', ');
  return `WITH known(path, committed, hive) AS (VALUES ${known.join(', ')})
     SELECT count(*) AS rows,
       quantile_cont(committed - event, 0.5) AS c50, quantile_cont(committed - event, 0.99) AS c99,
       quantile_cont(hive::BIGINT - event, 0.5) AS h50, quantile_cont(hive::BIGINT - event, 0.99) AS h99
     FROM (SELECT epoch_ms(${identifier(eventTimeColumn)}) AS event, ${identifier(FILE_COLUMN)} AS file
           FROM read_parquet([${paths}], filename = ${literal(FILE_COLUMN)}, hive_partitioning = false))
     JOIN known ON known.path = file`;
}
