import { SluiceError } from '../errors/sluice-error.ts';
import { DefinitionFile } from './definition-file.ts';
import {
  ARCHIVE_SUFFIX,
  COLUMN_TYPES,
  type ArchiveSettings,
  type ColumnDefinition,
  ENGINES,
  partitionColumns,
  PROVENANCE_COLUMNS,
  REJECTED_SUFFIX,
  type TableDefinition,
} from './table-definition.ts';
import { durationMs, sizeBytes } from './units.ts';

/** Names become paths, SQL identifiers and Hive names: letters, digits and underscores, beginning with a letter. */
const NAME = /^[a-z][a-z0-9_]{0,99}$/;
/** Kafka's own rule for topic names (`org.apache.kafka.common.internals.Topic`). */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** What the log of a table calls `sluice/<topic>` is how far that topic has come; these it calls so of its own (plans/rewrite.ts). */
export const RESERVED_TOPICS: readonly string[] = ['fence', 'vacuum', 'backfill', 'rewrite'];

const DAY_MS = 86_400_000;
export const DEFINITION_DEFAULTS = {
  acceptPastMs: 400 * DAY_MS,
  acceptFutureMs: DAY_MS,
  freshnessTargetMs: 1000,
  maxRows: 1_000_000,
  maxBytes: 64 * 1024 ** 2,
  maxRecordBytes: 16 * 1024 ** 2,
  maxPartitions: 256,
  stepTimeoutMs: 300_000,
  shards: 1,
  targetFileBytes: 128 * 1024 ** 2,
  minFiles: 32,
  sealAfterMs: 15 * 60_000,
  maxRewriteBytes: 512 * 1024 ** 2,
  graceMs: DAY_MS,
  logRetentionMs: 2 * DAY_MS,
  compactionEveryMs: 5 * 60_000,
  vacuumEveryMs: DAY_MS,
  retentionEveryMs: DAY_MS,
  quickAuditEveryMs: 60 * 60_000,
  fullAuditEveryMs: DAY_MS,
} as const;
const MAX_COLUMNS = 1000;
/** Processes believe for a minute that the log has not been cleaned up (`TIP_TRUSTED_MS` in lake/log/table-log.ts). */
const MIN_LOG_RETENTION_MS = 10 * 60_000;
/** The longest line that DuckDB reads within its memory, and the longest value that it keeps of a rejected record. */
export const LARGEST_RECORD_BYTES = 32 * 1024 ** 2;
/** Each is an activity of Temporal's, and a file for each partition. */
const MOST_SHARDS = 64;

/**
 * A definition file's text as a definition, with every default filled in.
 * @throws SluiceError DEFINITION_INVALID with every problem, each with its line.
 */
export function parseDefinition(text: string, fileName: string): TableDefinition {
  const file = new DefinitionFile(text);
  if (file.problems().length === 0) {
    const definition = readDefinition(file);
    if (file.problems().length === 0) return definition;
  }
  const problems = file.problems();
  const lines = problems.map((problem) => `${fileName}:${problem.line}: ${problem.message}`);
  throw new SluiceError('DEFINITION_INVALID', `The table definition is wrong:\n${lines.join('\n')}`, {
    remedy: 'Correct the file; docs/tables.md explains every key.',
    details: { file: fileName, line: problems[0]?.line ?? 1 },
  });
}

function readDefinition(file: DefinitionFile): TableDefinition {
  const keys =
    'table database description source columns event_time partition_by engine freshness limits compaction retention archive vacuum schedules'.split(
      ' ',
    );
  file.onlyKeys([], keys);
  file.onlyKeys(['source'], ['topic', 'format']);
  file.onlyKeys(['event_time'], ['column', 'accept_past', 'accept_future']);
  file.onlyKeys(['freshness'], ['target']);
  file.onlyKeys(['limits'], ['max_rows', 'max_bytes', 'max_record_bytes', 'max_partitions', 'step_timeout', 'shards']);
  file.onlyKeys(['compaction'], ['sort_by', 'target_file', 'min_files', 'seal_after', 'max_rewrite']);
  file.onlyKeys(['retention'], ['max_age', 'max_size']);
  file.onlyKeys(['vacuum'], ['grace', 'log_retention']);
  file.onlyKeys(['schedules'], ['compaction', 'vacuum', 'retention', 'quick_audit', 'full_audit']);
  const defaults = DEFINITION_DEFAULTS;
  const archive = archiveAt(file);
  const definition: TableDefinition = {
    table: tableAt(file),
    database: nameAt(file, ['database']),
    description: file.string(['description'], '-'),
    source: { topic: topicAt(file), format: file.oneOf(['source', 'format'], ['json'], 'json') },
    columns: columnsAt(file),
    eventTime: {
      column: file.string(['event_time', 'column']),
      acceptPastMs: file.quantity(['event_time', 'accept_past'], durationMs, '400d', defaults.acceptPastMs),
      acceptFutureMs: file.quantity(['event_time', 'accept_future'], durationMs, '1d', defaults.acceptFutureMs),
    },
    partitionBy: file.oneOf(['partition_by'], ['hour', 'day'], 'hour'),
    engine: file.oneOf(['engine'], ENGINES, 'duckdb'),
    freshnessTargetMs: file.quantity(['freshness', 'target'], durationMs, '1s', defaults.freshnessTargetMs),
    limits: {
      maxRows: file.positiveInteger(['limits', 'max_rows'], defaults.maxRows),
      maxBytes: file.quantity(['limits', 'max_bytes'], sizeBytes, '64MiB', defaults.maxBytes),
      maxRecordBytes: file.quantity(['limits', 'max_record_bytes'], sizeBytes, '16MiB', defaults.maxRecordBytes),
      maxPartitions: file.positiveInteger(['limits', 'max_partitions'], defaults.maxPartitions),
      stepTimeoutMs: file.quantity(['limits', 'step_timeout'], durationMs, '5m', defaults.stepTimeoutMs),
      shards: file.positiveInteger(['limits', 'shards'], defaults.shards),
    },
    compaction: {
      sortBy: sortColumnsAt(file),
      targetFileBytes: file.quantity(['compaction', 'target_file'], sizeBytes, '128MiB', defaults.targetFileBytes),
      minFiles: file.positiveInteger(['compaction', 'min_files'], defaults.minFiles),
      sealAfterMs: file.quantity(['compaction', 'seal_after'], durationMs, '15m', defaults.sealAfterMs),
      maxRewriteBytes: file.quantity(['compaction', 'max_rewrite'], sizeBytes, '512MiB', defaults.maxRewriteBytes),
    },
    retention: {
      maxAgeMs: file.optionalQuantity(['retention', 'max_age'], durationMs, '400d'),
      maxBytes: file.optionalQuantity(['retention', 'max_size'], sizeBytes, '500GiB'),
    },
    ...(archive === undefined ? {} : { archive }),
    vacuum: {
      graceMs: file.quantity(['vacuum', 'grace'], durationMs, '1d', defaults.graceMs),
      logRetentionMs: file.quantity(['vacuum', 'log_retention'], durationMs, '2d', defaults.logRetentionMs),
    },
    schedules: {
      compactionMs: file.interval(['schedules', 'compaction'], durationMs, '5m', defaults.compactionEveryMs),
      vacuumMs: file.interval(['schedules', 'vacuum'], durationMs, '1d', defaults.vacuumEveryMs),
      retentionMs: file.interval(['schedules', 'retention'], durationMs, '1d', defaults.retentionEveryMs),
      quickAuditMs: file.interval(['schedules', 'quick_audit'], durationMs, '1h', defaults.quickAuditEveryMs),
      fullAuditMs: file.interval(['schedules', 'full_audit'], durationMs, '1d', defaults.fullAuditEveryMs),
    },
  };
  checkLimits(file, definition);
  checkEventTime(file, definition);
  checkColumnNames(file, definition);
  checkCompaction(file, definition);
  checkVacuum(file, definition);
  return definition;
}

function nameAt(file: DefinitionFile, path: string[]): string {
  const name = file.string(path);
  if (name !== '' && !NAME.test(name)) {
    file.problem(path, `${shown(name)} is no name: use a-z, 0-9 and _, beginning with a letter`);
  }
  return name;
}

function tableAt(file: DefinitionFile): string {
  const table = nameAt(file, ['table']);
  const suffix = [REJECTED_SUFFIX, ARCHIVE_SUFFIX].find((end) => table.endsWith(end));
  if (suffix !== undefined) {
    file.problem(
      ['table'],
      `"${table}" would be taken for a table of what "${table.slice(0, -suffix.length)}" keeps beside its rows`,
    );
  }
  return table;
}

/** A name that may be anything, on one line. */
function shown(name: string): string {
  return name.length > 100
    ? `${JSON.stringify(name.slice(0, 100))}… (${name.length} characters)`
    : JSON.stringify(name);
}

function topicAt(file: DefinitionFile): string {
  const topic = file.string(['source', 'topic']);
  if (topic !== '' && (!TOPIC.test(topic) || topic === '.' || topic === '..')) {
    file.problem(['source', 'topic'], `${shown(topic)} is no topic name`);
  } else if (RESERVED_TOPICS.includes(topic)) {
    file.problem(
      ['source', 'topic'],
      `a topic can’t be called "${topic}": that name is Sluice’s own in the table’s log`,
    );
  }
  return topic;
}

function columnsAt(file: DefinitionFile): ColumnDefinition[] {
  const columns = file.value(['columns']);
  if (!Array.isArray(columns) || columns.length === 0 || columns.length > MAX_COLUMNS) {
    file.problem(['columns'], `columns must be a list of 1 to ${MAX_COLUMNS}`);
    return [];
  }
  return columns.map((_, index) => {
    const path = ['columns', index];
    file.onlyKeys(path, ['name', 'type', 'required']);
    const name = file.string([...path, 'name']);
    if (name !== '' && !NAME.test(name)) {
      file.problem([...path, 'name'], `${shown(name)} is no column name: use a-z, 0-9 and _, beginning with a letter`);
    }
    return {
      name,
      type: file.oneOf([...path, 'type'], COLUMN_TYPES),
      required: file.boolean([...path, 'required'], false),
    };
  });
}

/** By event time, unless said otherwise. */
function sortColumnsAt(file: DefinitionFile): string[] {
  const path = ['compaction', 'sort_by'];
  const columns = file.value(path);
  if (columns === undefined) return [file.string(['event_time', 'column'])];
  if (Array.isArray(columns) && columns.length > 0 && columns.every((column) => typeof column === 'string')) {
    return columns;
  }
  file.problem(path, 'compaction.sort_by must be a list of column names');
  return [];
}

/** `true`, or keys and values; undefined where there is none, or `false`. */
function archiveAt(file: DefinitionFile): ArchiveSettings | undefined {
  const path = ['archive'];
  const value = file.value(path);
  if (value === undefined || value === false) return undefined;
  if (value === true) return { maxAgeMs: null };
  file.onlyKeys(path, ['max_age']);
  return { maxAgeMs: file.optionalQuantity([...path, 'max_age'], durationMs, '90d') };
}

function checkCompaction(file: DefinitionFile, { compaction, columns }: TableDefinition): void {
  const names = new Set<string>([...columns, ...PROVENANCE_COLUMNS].map((column) => column.name));
  compaction.sortBy.forEach((column, index) => {
    const path = ['compaction', 'sort_by', index];
    if (file.value(path) === undefined) return;
    if (!names.has(column)) file.problem(path, `"${column}" is none of the columns`);
    else if (compaction.sortBy.indexOf(column) !== index) file.problem(path, `"${column}" is there twice`);
  });
  if (compaction.minFiles < 2) file.problem(['compaction', 'min_files'], 'compaction.min_files must be 2 or more');
  if (compaction.maxRewriteBytes < compaction.targetFileBytes) {
    file.problem(['compaction', 'max_rewrite'], 'compaction.max_rewrite must not be below compaction.target_file');
  }
}

/** What is deleted is worked out from a version that old: the log must still have it. */
function checkVacuum(file: DefinitionFile, { vacuum }: TableDefinition): void {
  if (vacuum.logRetentionMs < MIN_LOG_RETENTION_MS) {
    file.problem(['vacuum', 'log_retention'], 'vacuum.log_retention must be 10m or more');
  } else if (vacuum.logRetentionMs < vacuum.graceMs) {
    file.problem(['vacuum', 'log_retention'], 'vacuum.log_retention must not be below vacuum.grace');
  }
}

function checkLimits(file: DefinitionFile, { limits }: TableDefinition): void {
  if (limits.maxRecordBytes > LARGEST_RECORD_BYTES) {
    file.problem(['limits', 'max_record_bytes'], 'limits.max_record_bytes must not be above 32MiB');
  }
  if (limits.shards > MOST_SHARDS) file.problem(['limits', 'shards'], `limits.shards must not be above ${MOST_SHARDS}`);
}

function checkEventTime(file: DefinitionFile, definition: TableDefinition): void {
  const { column } = definition.eventTime;
  const found = definition.columns.find((candidate) => candidate.name === column);
  if (column !== '' && (found?.type !== 'timestamp' || !found.required)) {
    file.problem(['event_time', 'column'], `"${column}" must be one of the columns, a timestamp and required`);
  }
}

function checkColumnNames(file: DefinitionFile, definition: TableDefinition): void {
  const taken = new Set([...PROVENANCE_COLUMNS, ...partitionColumns(definition)].map((column) => column.name));
  definition.columns.forEach((column, index) => {
    if (taken.has(column.name)) {
      file.problem(['columns', index, 'name'], `the column name "${column.name}" is there twice or kept for Sluice`);
    }
    taken.add(column.name);
  });
}
