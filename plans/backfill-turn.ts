/**
 * How a backfill comes into two logs that have no transaction in common. It takes three entries, in this order:
 *
 * - `bring`, in the rejected log: records that are rejected anew come in. Begins its turn.
 * - `replace`, in the main log: the rows of its records are replaced by those derived anew.
 * - `take`, in the rejected log: records that are rows now go out. Ends its turn.
 *
 * So a record that moves between the two tables is never in neither; for a moment it is in both. Turns never overlap, since
 * both their ends are in one log. Whatever is begun can be finished by anyone, from the lake alone.
 */
export const BACKFILL_STEPS = ['bring', 'replace', 'take'] as const;
export type BackfillStep = (typeof BACKFILL_STEPS)[number];

export interface BackfillTurn {
  /** Of the backfill. */
  readonly number: number;
  readonly step: BackfillStep;
}

const SUFFIXES: Readonly<Record<BackfillStep, string>> = { bring: 'in', replace: '', take: 'out' };
const BROUGHT = /^sluice\/rewrite\/b(\d+)in$/;

/** The id of a step's rewrite. */
export function turnRewriteId({ number, step }: BackfillTurn): string {
  return `b${number}${SUFFIXES[step]}`;
}

/** The backfill that has begun its turn and not ended it, by the rejected log's transactions; there is one at most. */
export function openTurn(transactions: ReadonlyMap<string, unknown>): number | undefined {
  for (const appId of transactions.keys()) {
    const number = BROUGHT.exec(appId)?.[1];
    if (number !== undefined && !transactions.has(`sluice/rewrite/b${number}out`)) return Number(number);
  }
  return undefined;
}

/** Why a step may not be committed now, as far as turns go. */
export function turnConflict(turn: BackfillTurn, transactions: ReadonlyMap<string, unknown>): string | undefined {
  const open = turn.step === 'bring' ? openTurn(transactions) : undefined;
  return open === undefined ? undefined : `backfill ${open} is being committed`;
}
