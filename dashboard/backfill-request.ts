import { type NamedSource, sourceNamed } from '../backfill/named-source.ts';
import { momentMs } from '../definition/units.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BackfillScope } from '../plans/backfill.ts';

/** Which records somebody wants derived anew, as the API takes it. */
export interface BackfillRequest {
  readonly scope: BackfillScope;
  readonly source: NamedSource;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Rows of partitions that retention has dropped are wanted too. */
  readonly includesDropped: boolean;
  readonly maxRowsPerSecond: number | null;
}

/** What may be asked for; in an action's body `dropped` and `maxRows` may be JSON's own as well. */
export const BACKFILL_FIELDS = ['scope', 'source', 'from', 'to', 'dropped', 'maxRows'] as const;

/**
 * Reads `scope` (`all` by default, or `rejected`), `source` (`kafka` by default, `archive`, or `files:PATH`), `from` and `to`
 * (ISO 8601, or a duration ago such as `2h`), `dropped` and `maxRows`.
 * @throws SluiceError USAGE
 */
export function backfillRequest(asked: Readonly<Record<string, unknown>>, nowMs: number): BackfillRequest {
  const { scope = 'all', source = 'kafka', from, to, dropped, maxRows } = asked;
  if (scope !== 'all' && scope !== 'rejected') throw wrong('"scope" must be "all" or "rejected".');
  const named = typeof source === 'string' ? sourceNamed(source) : undefined;
  if (named === undefined) throw wrong('"source" must be "kafka", "archive" or "files:PATH".');
  const fromMs = moment('from', from, nowMs);
  const toMs = moment('to', to, nowMs);
  if (scope === 'all' && fromMs === undefined) throw wrong('A backfill of all records needs "from".');
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) throw wrong('"to" must be later than "from".');
  const includesDropped = flag('dropped', dropped);
  return { scope, source: named, fromMs, toMs, includesDropped, maxRowsPerSecond: rate(maxRows) };
}

function moment(name: string, text: unknown, nowMs: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ms = typeof text === 'string' ? momentMs(text, nowMs) : undefined;
  if (ms === undefined) throw wrong(`"${name}" must be a time such as 2026-11-23T05:00:00Z or a duration such as 2h.`);
  return ms;
}

function flag(name: string, value: unknown): boolean {
  if (value === undefined || value === '' || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw wrong(`"${name}" must be true or false.`);
}

function rate(value: unknown): number | null {
  if (value === undefined || value === '') return null;
  const rows = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof rows === 'number' && Number.isSafeInteger(rows) && rows > 0) return rows;
  throw wrong('"maxRows" must be a number of records a second.');
}

function wrong(why: string): SluiceError {
  return new SluiceError('USAGE', why, { remedy: 'See dashboard/API.md.' });
}
