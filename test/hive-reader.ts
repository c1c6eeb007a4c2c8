import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import type { Settings } from '../settings/settings.ts';
import { TABLE } from './table-check.ts';

const HEALTH = { database: 'health', table: TABLE };

/** The visible files of a partition's LOCATION. */
export type FolderReader = (location: string) => Promise<readonly Uint8Array[]>;

/** Every row by its position, with its mark, as a reader finds them that knows only the metastore. */
export async function readThroughHive(
  settings: Settings,
  readFolder: FolderReader = readLocalFolder,
): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  try {
    const files = await Promise.all((await hiveLocations(settings)).map(readFolder));
    for (const file of files.flat()) {
      const columns = ['kafka_partition', 'kafka_offset', 'load_1'];
      for (const row of await parquetReadObjects({ file: Uint8Array.from(file).buffer, columns, compressors })) {
        rows.set(`${String(row['kafka_partition'])}/${String(row['kafka_offset'])}`, Number(row['load_1']));
      }
    }
  } catch {
    // A metastore that is away has no rows to show yet.
  }
  return rows;
}

/** The files that lie in the partitions' locations now. */
export async function hiveFiles(settings: Settings, of = HEALTH): Promise<string[]> {
  return (await hiveLocations(settings, of)).flatMap(visibleFiles);
}

async function hiveLocations(settings: Settings, { database, table } = HEALTH): Promise<string[]> {
  const metastore = new HiveMetastore({ endpoints: settings.metastore.endpoints });
  try {
    const names = await metastore.getPartitionNames(database, table);
    const partitions = await metastore.getPartitionsByNames(database, table, names);
    return partitions.map(({ sd }) => sd?.location ?? '');
  } finally {
    metastore.close();
  }
}

const readLocalFolder: FolderReader = (location) =>
  Promise.resolve(visibleFiles(location).map((path) => readFileSync(path)));

function visibleFiles(location: string): string[] {
  const folder = fileURLToPath(new URL(location.replace(/^file:\/*/, 'file:///')));
  const visible = readdirSync(folder).filter((name) => !name.startsWith('_'));
  return visible.map((name) => join(folder, name));
}
