import type { Command } from 'commander';
import { loadDefinitions } from '../definition/load.ts';
import { identifier, literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { mainTable, rejectedTable, type TableShape } from '../plans/table-shape.ts';
import { readSettings } from '../settings/settings.ts';

export function registerSql(program: Command): void {
  program
    .command('sql')
    .description('Run a SELECT over the tables as their logs stand now: server_health, server_health_rejected, …')
    .argument('<select>', 'the query, in DuckDB’s SQL')
    .option('--json', 'print JSON', false)
    .action(async (select: string, { json }: { json: boolean }) => {
      const settings = readSettings();
      const storage = openStorage(settings.lakeUri);
      const session = await DuckDbSession.open();
      try {
        for (const definition of loadDefinitions(settings.tablesFolder)) {
          for (const shape of [mainTable(definition), rejectedTable(definition)])
            await defineView(session, storage, shape);
        }
        const rows = await session.rows(select);
        if (json) console.log(JSON.stringify(rows, null, 2));
        else console.table(rows);
      } catch (thrown) {
        if (thrown instanceof SluiceError) throw thrown;
        throw new SluiceError('USAGE', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
      } finally {
        session.close();
      }
    });
}

/** A view of the files that are live in one snapshot of the log, and of no others. */
async function defineView(session: DuckDbSession, storage: Storage, shape: TableShape): Promise<void> {
  const log = new TableLog(storage, shape.path);
  await log.refresh();
  const paths = [...log.snapshot.files.keys()].map((path) =>
    literal(storage.readPathOf(`${shape.path}/${decodeURI(path)}`)),
  );
  if (paths.length === 0) return;
  await session.run(
    `CREATE VIEW ${identifier(shape.table)} AS
     SELECT * FROM read_parquet([${paths.join(', ')}], union_by_name = true, hive_partitioning = false)`,
  );
}
