import { StatementType } from '@duckdb/node-api';
import { literal } from '../duckdb/quote.ts';
import type { DuckDbSession } from '../duckdb/session.ts';
import { SluiceError } from '../errors/sluice-error.ts';

/**
 * Runs one SELECT that can open the tables' own files and nothing else. Whoever runs `sluice sql` may read what they
 * may read; a query that they were sent must not do it for them, write, or fetch anything.
 */
export async function runOneSelect(
  session: DuckDbSession,
  files: readonly string[],
  select: string,
): Promise<Record<string, unknown>[]> {
  // First of all: to prepare a statement is to open what it names.
  await session.run(`SET allowed_paths = [${files.map(literal).join(', ')}]`);
  await session.run('SET enable_external_access = false');
  await session.run('SET lock_configuration = true');
  const statements = await session.connection.extractStatements(select);
  const statement = statements.count === 1 ? await statements.prepare(0) : undefined;
  if (statement?.statementType !== StatementType.SELECT) {
    throw new SluiceError('USAGE', '`sluice sql` runs one SELECT, and nothing else.', {
      remedy: 'Open the files that the table’s log names with DuckDB itself for more.',
    });
  }
  return session.rows(select);
}
