import type { HealthColumn } from './health-columns.ts';

/** A live file of a table, with the commit that brought it. */
export interface CommittedFile {
  /** Relative to the table's folder, decoded. */
  readonly path: string;
  /** The commit that made its rows readable; undefined for a rewritten file, whose rows were committed before. */
  readonly commit: { readonly version: number; readonly atMs: number } | undefined;
  readonly maxTimeMs: number;
}

/** A file that is at hand for DuckDB to open. */
export interface ReadableFile extends CommittedFile {
  readonly readPath: string;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A select over health files under the API's names, after `host`, `event_ms`, `kafka_partition` and `version`. A column that
 * the files do not have (an older file, another definition) is NULL. A row from a clock that runs ahead counts as of its
 * commit, so that one wrong clock cannot make all others look late.
 */
export function relationOf(columns: readonly HealthColumn[], files: readonly ReadableFile[]): string {
  const declared = [
    'NULL::VARCHAR AS host',
    'NULL::TIMESTAMPTZ AS event_time',
    'NULL::INTEGER AS kafka_partition',
    ...columns.map(({ column, type }) => `NULL::${type} AS "${column}"`),
  ].join(', ');
  const chosen = columns.map(({ column, name, type }) => `"${column}"::${type} AS "${name}"`).join(', ');
  const paths = files.map(({ readPath }) => quoted(readPath)).join(', ');
  const { version, atMs, join } = commitSql(files);
  return `SELECT host, CASE WHEN ${atMs} IS NULL THEN epoch_ms(event_time) ELSE least(epoch_ms(event_time), ${atMs}) END AS event_ms,
      kafka_partition, ${version} AS version, ${chosen}
    FROM (SELECT ${declared}, NULL::VARCHAR AS filename WHERE false
      UNION ALL BY NAME SELECT * FROM read_parquet([${paths}], union_by_name = true, filename = true)) ${join}`;
}

/** Commit of each row: a constant where all files are of one commit, since joining costs as much as reading. */
function commitSql(files: readonly ReadableFile[]): { version: string; atMs: string; join: string } {
  const [first] = files;
  const alike = files.every(({ commit }) => commit?.version === first?.commit?.version);
  if (alike) {
    const commit = first?.commit;
    return { version: `${commit?.version ?? 'NULL'}::BIGINT`, atMs: `${commit?.atMs ?? 'NULL'}::BIGINT`, join: '' };
  }
  const values = files.map(({ readPath, commit }) =>
    commit
      ? `(${quoted(readPath)}, ${commit.version}::BIGINT, ${commit.atMs}::BIGINT)`
      : `(${quoted(readPath)}, NULL, NULL)`,
  );
  return {
    version: 'committed_version',
    atMs: 'committed_ms',
    join: `JOIN (VALUES ${values.join(', ')}) AS files(path, committed_version, committed_ms) ON filename = path`,
  };
}
