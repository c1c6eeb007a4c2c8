import { describe, expect, it } from 'vitest';
import { judgeHour, type JudgedCertificate } from '../../dashboard/hour-state.ts';

const HOUR_MS = 3_600_000;
const SETTLE_MS = 900_000;
const END_MS = 100 * HOUR_MS;
const NOW_MS = END_MS + 2 * HOUR_MS;

function certificate(
  rows: number,
  about: Partial<JudgedCertificate & { sealed: boolean; unverifiedRows: number }> = {},
): JudgedCertificate {
  const { sealed = false, unverifiedRows = 0, watermarkMs = END_MS } = about;
  return { number: 7, watermarkMs, hour: { rows, unverifiedRows, sealed } };
}

const judge = (rows: number, held?: JudgedCertificate, nowMs = NOW_MS): string =>
  judgeHour({ endMs: END_MS, rows }, held, SETTLE_MS, nowMs).state;

describe('judgeHour', () => {
  it('lets an hour fill until it has settled, and not a moment longer', () => {
    expect(judge(10, undefined, END_MS + SETTLE_MS - 1)).toBe('filling');
    expect(judge(10, undefined, END_MS + SETTLE_MS)).toBe('unaudited');
    expect(judge(0, undefined, END_MS + SETTLE_MS - 1)).toBe('filling');
    expect(judge(0, undefined, END_MS + SETTLE_MS)).toBe('empty');
  });

  it('takes an hour for complete only where a certificate reaches its end', () => {
    expect(judge(10, certificate(10))).toBe('complete');
    expect(judge(10, certificate(10, { watermarkMs: END_MS - 1 }))).toBe('unaudited');
    expect(judge(10, certificate(10, { watermarkMs: null }))).toBe('unaudited');
    expect(judge(10, { number: 7, watermarkMs: END_MS, hour: undefined })).toBe('late');
  });

  it('says how many rows have come since', () => {
    expect(judge(11, certificate(10))).toBe('late');
    const { words } = judgeHour({ endMs: END_MS, rows: 11 }, certificate(10), SETTLE_MS, NOW_MS);
    expect(words).toMatch(/^1 row has come since certificate 7\./);
  });

  it('tells loudly of rows that are gone, also while the hour fills', () => {
    expect(judge(9, certificate(10))).toBe('changed');
    expect(judge(9, certificate(10), END_MS)).toBe('changed');
    expect(judge(0, certificate(10))).toBe('changed');
    expect(judge(11, certificate(10, { sealed: true }))).toBe('changed');
    expect(judge(10, certificate(10, { sealed: true }))).toBe('complete');
  });

  it('vouches for no row that nothing could be held against', () => {
    expect(judge(10, certificate(10, { unverifiedRows: 1 }))).toBe('unaudited');
  });
});
