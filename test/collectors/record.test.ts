import { expect, test } from 'vitest';
import { outgoing } from '../../collectors/record.ts';

test('a record goes out as JSON under its host and its own time, rounded, without what is absent', () => {
  const record = {
    host: 'a',
    event_time: '2026-11-23T05:06:07.089Z',
    simulated: true,
    cpu_pct: 12.3456,
    load_1: undefined,
  };
  expect(outgoing(record)).toEqual({
    key: 'a',
    value: '{"host":"a","event_time":"2026-11-23T05:06:07.089Z","simulated":true,"cpu_pct":12.35}',
    timestampMs: Date.UTC(2026, 10, 23, 5, 6, 7, 89),
  });
});
