import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TableDefinition } from '../../../definition/table-definition.ts';
import type { DuckDbSession } from '../../../duckdb/session.ts';
import { literal } from '../../../duckdb/quote.ts';
import type { BatchRequest, WrittenFile } from '../../../engines/engine.ts';

/** A request to write what was decoded. */
export function requestOf(definition: TableDefinition, scratchFolder: string): BatchRequest {
  const plan = {
    format: 1,
    sequence: 1,
    revision: 0,
    plannedAtMs: 0,
    topic: 'plain',
    topicId: '',
    ranges: [],
    nextOffsets: {},
    engine: 'duckdb',
    definitionHash: '',
  } as const;
  mkdirSync(join(scratchFolder, 'sub'), { recursive: true });
  return { plan, definition, attempt: 'a', scratchFolder, signal: new AbortController().signal };
}

/** Every row as one text, each with its partition. */
export async function textsOf(session: DuckDbSession, files: readonly WrittenFile[]): Promise<string[]> {
  const texts: string[] = [];
  for (const { localPath, partitionValues } of files) {
    const rows = await session.rows(
      `SELECT * FROM read_parquet(${literal(localPath)}, hive_partitioning = false) ORDER BY kafka_offset`,
    );
    texts.push(...rows.map((row) => JSON.stringify([Number(row['kafka_offset']), row, partitionValues])));
  }
  return texts.sort();
}
