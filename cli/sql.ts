import type { Command } from 'commander';
import { readDefinitions } from '../definition/load.ts';
import { identifier } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { rowsOf } from '../engines/duckdb/partition-rows.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { decodedPath } from '../plans/file-place.ts';
import { maintainedTables } from '../plans/maintained-table.ts';
import type { TableShape } from '../plans/table-shape.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { runOneSelect } from './one-select.ts';
import { plainRows } from './plain-rows.ts';

export function registerSql(program: Command): void {
  program
    .command('sql')
    .description('Run a SELECT over the tables as their logs stand now: server_health, server_health_rejected, …')
    .argument('<select>', 'the query, in DuckDB’s SQL')
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nInto a pipe or a file rows go as lines with tabs between their fields, and \\N for NULL.')
    .action(async (select: string, { json }: { json: boolean }) => {
      const settings = readSettings();
      const session = await DuckDbSession.open();
      try {
        const rows = await selectRows(session, settings, select);
        if (json) console.log(JSON.stringify(rows, null, 2));
        else if (process.stdout.isTTY) console.table(rows);
        else for (const line of plainRows(rows)) console.log(line);
      } catch (thrown) {
        if (thrown instanceof SluiceError) throw thrown;
        throw new SluiceError('USAGE', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
      } finally {
        session.close();
      }
    });
}

/** Runs the query with a view for each table that it names. */
async function selectRows(
  session: DuckDbSession,
  settings: Settings,
  select: string,
): Promise<Record<string, unknown>[]> {
  const storage = openStorage(settings);
  const { definitions, failures } = readDefinitions(settings.tablesFolder);
  const unusable = failures.find(({ table }) => select.toLowerCase().includes(table.toLowerCase()));
  if (unusable !== undefined) throw unusable.failure;
  const shapes = definitions.flatMap((definition) => maintainedTables(definition).map(({ shape }) => shape));
  const named = shapes.filter(({ table }) => select.toLowerCase().includes(table.toLowerCase()));
  const tables = await Promise.all(named.map(async (shape) => ({ shape, paths: await livePaths(storage, shape) })));
  const paths = tables.flatMap((table) => table.paths);
  return storage.readLocally(paths, async (local) => {
    const localPaths = new Map(paths.map((path, index) => [path, local[index] ?? '']));
    for (const table of tables) {
      await defineView(
        session,
        table.shape,
        table.paths.map((path) => localPaths.get(path) ?? ''),
      );
    }
    return runOneSelect(session, [...localPaths.values()], select);
  });
}

/** The files that are live in one snapshot of the log. */
async function livePaths(storage: Storage, shape: TableShape): Promise<string[]> {
  const log = new TableLog(storage, shape.path);
  await log.refresh();
  return [...log.snapshot.files.keys()].map((path) => `${shape.path}/${decodedPath(path)}`);
}

/** A table without files is there all the same, and empty. */
async function defineView(session: DuckDbSession, shape: TableShape, files: readonly string[]): Promise<void> {
  await session.run(`CREATE VIEW ${identifier(shape.table)} AS ${await rowsOf(session, files, shape.columns)}`);
}
