import { describe, expect, it } from 'vitest';
import { openTurn, turnConflict, turnRewriteId } from '../../plans/backfill-turn.ts';

const transactions = (...ids: string[]) => new Map(ids.map((id) => [`sluice/rewrite/${id}`, {}]));

describe('a backfill’s turn', () => {
  it('is open from its first entry in the rejected log to its last', () => {
    expect(openTurn(transactions())).toBeUndefined();
    expect(openTurn(transactions('c0ffee', 'b7in'))).toBe(7);
    expect(openTurn(transactions('b7in', 'b7out'))).toBeUndefined();
    expect(openTurn(transactions('b7in', 'b7out', 'b12in'))).toBe(12);
  });

  it('keeps others from beginning, and nobody from going on', () => {
    const open = transactions('b7in');
    expect(turnConflict({ number: 8, step: 'bring' }, open)).toMatch(/backfill 7/);
    expect(turnConflict({ number: 7, step: 'replace' }, open)).toBeUndefined();
    expect(turnConflict({ number: 7, step: 'take' }, open)).toBeUndefined();
    expect(turnConflict({ number: 8, step: 'bring' }, transactions('b7in', 'b7out'))).toBeUndefined();
  });

  it('has a rewrite of its own for each step', () => {
    const steps = ['bring', 'replace', 'take'] as const;
    expect(steps.map((step) => turnRewriteId({ number: 7, step }))).toEqual(['b7in', 'b7', 'b7out']);
  });
});
