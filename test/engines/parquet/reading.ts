import { parquetMetadata, parquetReadObjects, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { literal } from '../../../duckdb/quote.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

type Row = Record<string, unknown>;

/** What DuckDB answers about a file; `FILE` in the statement stands for its path. */
export async function askDuckDb(file: Uint8Array, sql: string): Promise<Row[]> {
  const path = join(temporaryFolder(), 'hand-written.parquet');
  writeFileSync(path, file);
  const session = await DuckDbSession.open({ threads: 1, memoryLimit: '128MB' });
  try {
    return await session.rows(sql.replaceAll('FILE', literal(path)));
  } finally {
    session.close();
  }
}

export async function readByHyparquet(file: Uint8Array): Promise<Row[]> {
  return parquetReadObjects({ file: Uint8Array.from(file).buffer, compressors });
}

export function metadataByHyparquet(file: Uint8Array): FileMetaData {
  return parquetMetadata(Uint8Array.from(file).buffer);
}
