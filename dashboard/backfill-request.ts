import { momentMs } from '../definition/units.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BackfillScope } from '../plans/backfill.ts';

/** Which records somebody wants derived anew, as the API takes it. */
export interface BackfillRequest {
  readonly scope: BackfillScope;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/**
 * Reads `scope` (`all` by default, or `rejected`), `from` and `to` (ISO 8601, or a duration ago such as `2h`).
 * @throws SluiceError USAGE
 */
export function backfillRequest(asked: Readonly<Record<string, unknown>>, nowMs: number): BackfillRequest {
  const { scope = 'all', from, to } = asked;
  if (scope !== 'all' && scope !== 'rejected') throw wrong('"scope" must be "all" or "rejected".');
  const fromMs = moment('from', from, nowMs);
  const toMs = moment('to', to, nowMs);
  if (scope === 'all' && fromMs === undefined) throw wrong('A backfill of all records needs "from".');
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) throw wrong('"to" must be later than "from".');
  return { scope, fromMs, toMs };
}

function moment(name: string, text: unknown, nowMs: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ms = typeof text === 'string' ? momentMs(text, nowMs) : undefined;
  if (ms === undefined) throw wrong(`"${name}" must be a time such as 2026-11-23T05:00:00Z or a duration such as 2h.`);
  return ms;
}

function wrong(why: string): SluiceError {
  return new SluiceError('USAGE', why, { remedy: 'See dashboard/API.md.' });
}
