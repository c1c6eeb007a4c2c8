import { describe, expect, it } from 'vitest';
import { MAX_VIEWERS, MAX_WAITING_BYTES, Viewers } from '../../../dashboard/live/viewers.ts';

class Connection {
  readonly frames: Buffer[] = [];
  writableLength = 0;
  destroyed = false;

  write(frame: Buffer): void {
    this.frames.push(frame);
  }

  destroy(): void {
    this.destroyed = true;
  }
}

describe('Viewers', () => {
  it('gives each the same frame, without a copy', () => {
    const viewers = new Viewers();
    const connections = [new Connection(), new Connection()];
    for (const connection of connections) viewers.add(connection);
    const frame = Buffer.from('x');
    viewers.send(frame);
    for (const { frames } of connections) expect(frames[0]).toBe(frame);
  });

  it('lets go of one that does not keep up, and of no other', () => {
    const viewers = new Viewers();
    const [slow, quick] = [new Connection(), new Connection()];
    viewers.add(slow);
    viewers.add(quick);
    slow.writableLength = MAX_WAITING_BYTES + 1;
    viewers.send(Buffer.from('x'));
    expect(slow).toMatchObject({ destroyed: true, frames: [] });
    expect(quick.frames).toHaveLength(1);
    expect(viewers.count).toBe(1);
  });

  it('is full at its limit', () => {
    const viewers = new Viewers();
    for (let count = 0; count < MAX_VIEWERS; count += 1) {
      expect(viewers.full).toBe(false);
      viewers.add(new Connection());
    }
    expect(viewers.full).toBe(true);
    viewers.closeAll();
    expect(viewers.count).toBe(0);
  });
});
