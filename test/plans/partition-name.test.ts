import { describe, expect, it } from 'vitest';
import { partitionName, partitionValueList } from '../../plans/partition-name.ts';

describe('partition names', () => {
  it('are column=value, in the order of the columns', () => {
    expect(partitionName({ hour: '5', dt: '2026-11-23' }, ['dt', 'hour'])).toBe('dt=2026-11-23/hour=5');
  });

  it('escape what Hive escapes, and nothing else', () => {
    const ascii = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
    const escaped = ascii.filter((character) => partitionName({ k: character }, ['k']) !== `k=${character}`);
    const control = ascii.slice(0, 31);
    expect(new Set(escaped)).toEqual(new Set([...control, ...Array.from('"#%\'*/:=?[\\]^{\u007f')]));
    expect(partitionName({ k: 'a/b=c:\u0001é~}' }, ['k'])).toBe('k=a%2Fb%3Dc%3A%01é~}');
  });

  it('write column names in lower case and escaped', () => {
    expect(partitionName({ 'Dt:x': '1' }, ['Dt:x'])).toBe('dt%3Ax=1');
  });

  it('have a stand-in for null and for the empty text', () => {
    expect(partitionName({ dt: null, hour: '' }, ['dt', 'hour'])).toBe(
      'dt=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__',
    );
    expect(partitionValueList({ dt: null }, ['dt'])).toEqual(['__HIVE_DEFAULT_PARTITION__']);
  });
});
