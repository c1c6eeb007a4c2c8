import { describe, expect, it } from 'vitest';
import { FrameSplitter, parseFrame } from '../../../dashboard/page/event-frames.ts';

const FRAMES = [
  'id: a-1\nevent: servers\ndata: {"a":"x: y"}',
  'event: tick\ndata: {}',
  'id: a-2\nevent: servers\ndata: []',
];
const STREAM = FRAMES.map((frame) => `${frame}\n\n`).join('');

describe('FrameSplitter', () => {
  it('gives whole events however the stream is cut', () => {
    for (let size = 1; size <= STREAM.length; size += 1) {
      const splitter = new FrameSplitter();
      const frames: string[] = [];
      for (let at = 0; at < STREAM.length; at += size) frames.push(...splitter.push(STREAM.slice(at, at + size)));
      expect(frames).toEqual(FRAMES);
    }
  });

  it('keeps back what has not ended', () => {
    expect(new FrameSplitter().push(STREAM.slice(0, -1))).toEqual(FRAMES.slice(0, 2));
  });
});

describe('parseFrame', () => {
  it('has id, name and data', () => {
    expect(parseFrame(FRAMES[0] ?? '')).toEqual({ id: 'a-1', event: 'servers', data: '{"a":"x: y"}' });
    expect(parseFrame(FRAMES[1] ?? '')).toEqual({ id: '', event: 'tick', data: '{}' });
  });
});
