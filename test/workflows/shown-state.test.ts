import { expect, it } from 'vitest';
import { detailsOf } from '../../workflows/shown-state.ts';

it('tells in words what a workflow does, since when, what it waits for and what to do', () => {
  const shown = {
    table: 'orders',
    kind: 'Ingestion',
    state: 'Paused',
    sinceMs: Date.parse('2026-11-23T05:00:00Z'),
    why: 'Paused by Ann.',
    doing: 'It waits until somebody resumes it.',
    toDo: '`sluice resume orders`.',
    figures: ['3 batches', '40 rows'],
  };
  expect(detailsOf(shown)).toBe(
    [
      '**Ingestion of orders: Paused**, since 2026-11-23T05:00:00Z. Paused by Ann.',
      '**Now:** It waits until somebody resumes it.',
      '**To do:** `sluice resume orders`.',
      '- 3 batches\n- 40 rows',
    ].join('\n\n'),
  );
  expect(detailsOf({ ...shown, figures: [] })).not.toContain('- ');
});

it('ends with what it was started with where it goes on from another run, which Temporal has forgotten by then', () => {
  const shown = {
    ...{
      table: 'orders',
      kind: 'Compaction',
      state: 'Planning',
      sinceMs: 0,
      why: '',
      doing: '',
      toDo: '',
      figures: [],
    },
    startedWith: { staticSummary: 'Compacts orders', staticDetails: 'Merges small files.' },
  };
  expect(detailsOf(shown)).not.toContain('Merges');
  expect(detailsOf(shown, false)).toMatch(/\n\nMerges small files\.$/);
});
