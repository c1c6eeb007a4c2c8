import { expect, it } from 'vitest';
import { progressLine } from '../../cli/work-progress.ts';
import { detailsOf } from '../../workflows/shown-state.ts';

it('says in one line what a workflow does, by what it says of itself', () => {
  const shown = {
    ...{ table: 'orders', kind: 'Compaction', state: 'Compacting', sinceMs: 0, why: 'Small files.', toDo: 'Nothing.' },
    ...{ doing: '`orders` dt=2026-11-23 still fills. It is number 2 of 3.', figures: ['1 rewrite'] },
  };
  expect(progressLine(detailsOf(shown), 12_300)).toBe(
    'Compaction of orders: Compacting, 12 s. orders dt=2026-11-23 still fills. It is number 2 of 3.',
  );
});

it('says that it waits where nothing is said yet', () => {
  expect(progressLine('', 400)).toBe('It waits for a worker, 0 s.');
});
