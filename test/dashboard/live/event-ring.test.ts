import { describe, expect, it } from 'vitest';
import { EventRing, eventFrame } from '../../../dashboard/live/event-ring.ts';

const texts = (frames: readonly Buffer[] | undefined): string[] | undefined =>
  frames?.map((frame) => /data: (.*)/.exec(frame.toString())?.[1] ?? '');

describe('EventRing', () => {
  it('gives all events after an id, in order', () => {
    const ring = new EventRing('e1');
    const start = ring.lastId;
    ring.push('a', 1);
    const middle = ring.lastId;
    ring.push('a', 2);
    expect(texts(ring.after(start))).toEqual(['1', '2']);
    expect(texts(ring.after(middle))).toEqual(['2']);
    expect(ring.after(ring.lastId)).toEqual([]);
  });

  it('does not pretend to know what it has let go', () => {
    const ring = new EventRing('e1', { events: 2 });
    const ids = [1, 2, 3].map((data) => {
      ring.push('a', data);
      return ring.lastId;
    });
    expect(ring.after('e1-0')).toBeUndefined();
    expect(texts(ring.after(ids[0] ?? ''))).toEqual(['2', '3']);
  });

  it('keeps to its bytes, but always the newest event', () => {
    const ring = new EventRing('e1', { bytes: 100 });
    const start = ring.lastId;
    ring.push('a', 'x'.repeat(80));
    expect(texts(ring.after(start))).toHaveLength(1);
    ring.push('a', 'y'.repeat(200));
    expect(ring.after(start)).toBeUndefined();
    expect(texts(ring.after('e1-1'))).toEqual([JSON.stringify('y'.repeat(200))]);
  });

  it.each(['e2-1', 'e1-9', 'e1', '', 'e1--1', 'e1-999999999999999999'])('knows nothing of the id "%s"', (id) => {
    const ring = new EventRing('e1');
    ring.push('a', 1);
    expect(ring.after(id)).toBeUndefined();
  });
});

it('writes an event in the stream’s format', () => {
  expect(eventFrame('tick', { text: 'two\nlines' }, 'e1-7').toString()).toBe(
    'id: e1-7\nevent: tick\ndata: {"text":"two\\nlines"}\n\n',
  );
  expect(eventFrame('tick', 1).toString()).toBe('event: tick\ndata: 1\n\n');
});
