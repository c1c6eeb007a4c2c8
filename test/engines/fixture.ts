import { parseDefinition } from '../../definition/parse.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import type { RejectionReason } from '../../plans/rejection.ts';

/** When every record of the fixtures was produced, unless it says otherwise. */
export const PRODUCED_AT_MS = Date.parse('2025-03-09T05:30:00.250Z');
const EVENT_TIME = '2025-03-09T05:29:59.123456Z';

/** Values of a row by column, each as the text that SQL gives it; null for NULL. */
export type ExpectedRow = Readonly<Record<string, string | null>>;

export interface FixtureRecord {
  readonly key?: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly timestampMs?: number;
  /** What it must become: a row that has at least these values, or a rejected row for this reason. */
  readonly becomes: ExpectedRow | RejectionReason;
}

export interface Fixture {
  readonly name: string;
  readonly definition: TableDefinition;
  readonly records: readonly FixtureRecord[];
  readonly unknownFields: Readonly<Record<string, number>>;
}

export function define(table: string, columns: Readonly<Record<string, string>>, more = ''): TableDefinition {
  const lines = Object.entries(columns).map(([name, type]) => `  - { name: ${name}, type: ${type} }`);
  return parseDefinition(
    `table: ${table}
database: conformance
description: of the engines' conformance suite
source: { topic: ${table.replaceAll('_', '-')} }
columns:
  - { name: event_time, type: timestamp, required: true }
${lines.join('\n')}
event_time: { column: event_time, accept_past: 2d, accept_future: 1h }
${more}`,
    `${table}.yaml`,
  );
}

/** JSON's text of a time that far from `PRODUCED_AT_MS`. */
export const timeAt = (ms: number): string => new Date(PRODUCED_AT_MS + ms).toISOString();
/** A record's text with an event time that every table takes, and further fields. */
export const withTime = (fields: string): string =>
  `{"event_time":"${EVENT_TIME}"${fields === '' ? '' : ','}${fields}}`;
