import { expect, it } from 'vitest';
import { COLUMN_TYPES } from '../../definition/table-definition.ts';
import { isWider, takes } from '../../plans/column-widening.ts';

it('lets an int become a bigint, and nothing else become another type', () => {
  const types = [...COLUMN_TYPES, 'binary'];
  const changes = types.flatMap((from) => types.filter((to) => isWider(to, from)).map((to) => `${from} to ${to}`));
  expect(changes).toEqual(['int to bigint']);
});

it('shows files of its own type and of a narrower one', () => {
  expect([takes('bigint', 'bigint'), takes('bigint', 'int')]).toEqual([true, true]);
  expect([takes('int', 'bigint'), takes('double', 'int'), takes('', 'int')]).toEqual([false, false, false]);
});
