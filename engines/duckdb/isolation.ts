import { isUtf8 } from 'node:buffer';
import type { TableDefinition } from '../../definition/table-definition.ts';
import type { RejectionReason } from '../../plans/rejection.ts';
import { literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';

/** A record by itself, with its original bytes. */
export interface IsolatedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface RejectedRecord extends IsolatedRecord {
  readonly reason: RejectionReason;
  readonly detail: string;
}

export interface Isolated {
  readonly rejected: readonly RejectedRecord[];
  /** Lines as the spool has them, of the records that are JSON objects after all. */
  readonly lines: readonly { readonly partition: number; readonly line: string }[];
}

/** Names that the spool adds to each line, and so no record may bring. */
const RESERVED = ['~o', '~t'];

/**
 * Decides record by record what strict reading refused as a whole. The same parser judges as in strict reading, so a record's
 * fate does not depend on its neighbours.
 */
export async function isolate(
  session: DuckDbSession,
  definition: TableDefinition,
  records: readonly IsolatedRecord[],
): Promise<Isolated> {
  const rejected: RejectedRecord[] = [];
  const texts: { record: IsolatedRecord; text: string }[] = [];
  const { maxRecordBytes } = definition.limits;
  for (const record of records) {
    if (record.value !== null && record.value.length > maxRecordBytes) rejected.push(tooLarge(record, maxRecordBytes));
    else if (record.value === null)
      rejected.push({ ...record, reason: 'null_value', detail: 'the record has no value' });
    else if (!isUtf8(record.value))
      rejected.push({ ...record, reason: 'invalid_utf8', detail: 'the value is no UTF-8' });
    else texts.push({ record, text: record.value.toString('utf8') });
  }
  const verdicts = await judge(
    session,
    definition,
    texts.map(({ text }) => text),
  );
  const lines: { partition: number; line: string }[] = [];
  texts.forEach(({ record, text }, index) => {
    const verdict = verdicts[index] ?? null;
    if (verdict !== null) rejected.push({ ...record, ...verdict });
    else lines.push({ partition: record.partition, line: spoolLine(record, text) });
  });
  return { rejected, lines };
}

/** Its bytes are kept as long as the rejected table can hold them; beyond that it says where they are. */
function tooLarge(record: IsolatedRecord, maxRecordBytes: number): RejectedRecord {
  const sizeBytes = record.value?.length ?? 0;
  const detail = `the value has ${sizeBytes} bytes, above limits.max_record_bytes of ${maxRecordBytes}`;
  return { ...record, reason: 'too_large', detail };
}

interface Verdict {
  readonly reason: RejectionReason;
  readonly detail: string;
}

/** For each text: why it is not an object that the table's columns can be read from, or null where it is. */
async function judge(
  session: DuckDbSession,
  definition: TableDefinition,
  texts: string[],
): Promise<(Verdict | null)[]> {
  if (texts.length === 0) return [];
  const names = [...definition.columns.map((column) => column.name), ...RESERVED].map(literal).join(', ');
  await session.run('CREATE OR REPLACE TEMP TABLE isolated (i INTEGER, value VARCHAR)');
  const appender = await session.connection.createAppender('isolated');
  texts.forEach((text, index) => {
    appender.appendInteger(index);
    appender.appendVarchar(text);
    appender.endRow();
  });
  appender.closeSync();
  const rows = await session.rows(
    `WITH typed AS (SELECT i, value, CASE WHEN json_valid(value) THEN json_type(value) END AS type FROM isolated),
          keyed AS (SELECT i, type, CASE WHEN type = 'OBJECT' THEN list_filter(json_keys(value), lambda k: k IN (${names})) END AS keys FROM typed)
     SELECT i, CASE
         WHEN type IS NULL THEN 'malformed_json'
         WHEN type <> 'OBJECT' THEN 'not_an_object'
         WHEN list_has_any(keys, [${RESERVED.map(literal).join(', ')}]) THEN 'reserved_field'
         WHEN len(list_distinct(keys)) < len(keys) THEN 'duplicate_field'
       END AS reason, type
     FROM keyed ORDER BY i`,
  );
  await session.run('DROP TABLE isolated');
  return rows.map((row) => {
    const reason = row['reason'] as RejectionReason | null;
    return reason === null ? null : { reason, detail: DETAILS[reason] ?? reason };
  });
}

const DETAILS: Partial<Record<RejectionReason, string>> = {
  malformed_json: 'the value is no JSON',
  not_an_object: 'the value is JSON, but no object',
  reserved_field: `a field is named ${RESERVED.join(' or ')}, which Sluice keeps for itself`,
  duplicate_field: 'a field that a column takes is there twice',
};

/** Line breaks in valid JSON only stand between its tokens, so a space says the same. */
function spoolLine(record: IsolatedRecord, text: string): string {
  const inner = text
    .trim()
    .slice(1)
    .replace(/[\r\n]/g, ' ')
    .trimStart();
  const separator = inner.startsWith('}') ? '' : ',';
  return `{"~o":${record.offset},"~t":${record.timestampMs}${separator}${inner}\n`;
}
