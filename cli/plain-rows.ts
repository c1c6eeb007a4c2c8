/** What would end a field or a line, or move a terminal's cursor. */
const SPECIAL = /[\\\u0000-\u001f\u007f-\u009f]/g;
const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * Rows as a program reads them that is not told of JSON: their columns' names, then a line each, fields apart by tabs. Escaped as
 * PostgreSQL's COPY does (COPY, "Text Format"): `\t`, `\n`, `\r`, `\\`, `\xNN`, and `\N` for NULL.
 */
export function plainRows(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  return [Object.keys(first).map(escaped), ...rows.map((row) => Object.values(row).map(field))].map((fields) =>
    fields.join('\t'),
  );
}

function field(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return escaped(typeof value === 'string' ? value : JSON.stringify(value));
}

function escaped(text: string): string {
  return text.replace(
    SPECIAL,
    (character) => NAMED[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
