import { describe, expect, it } from 'vitest';
import { redefinedAt } from '../../plans/backfill-definitions.ts';

const range = (from: number, to: number, hash: string) => ({ partition: 0, from: BigInt(from), to: BigInt(to), hash });

describe('redefinedAt', () => {
  const ranges = [range(10, 30, 'a'), range(20, 40, 'b'), { ...range(0, 99, 'c'), partition: 1 }];

  it('knows the newest backfill of an offset, and where it ends', () => {
    expect(redefinedAt(ranges, 0, 25n)).toEqual({ hash: 'b', to: 40n });
    expect(redefinedAt(ranges, 0, 39n)).toEqual({ hash: 'b', to: 40n });
  });

  it('ends an older one, and what no backfill holds, where a newer one begins', () => {
    expect(redefinedAt(ranges, 0, 10n)).toEqual({ hash: 'a', to: 20n });
    expect(redefinedAt(ranges, 0, 9n)).toEqual({ hash: undefined, to: 10n });
  });

  it('says nothing of offsets after the last one', () => {
    expect(redefinedAt(ranges, 0, 40n)).toEqual({ hash: undefined, to: undefined });
  });
});
