/** Events kept for viewers that come back, and their bytes, at most. */
export const RING_EVENTS = 240;
export const RING_BYTES = 32 * 1024 * 1024;

/** The last events of one process, numbered, ready to be sent. Ids name the process, so that none is taken for another's. */
export class EventRing {
  readonly #epoch: string;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #frames: Buffer[] = [];
  #bytes = 0;
  #last = 0;

  constructor(epoch: string, limits: { events?: number; bytes?: number } = {}) {
    this.#epoch = epoch;
    this.#maxEvents = limits.events ?? RING_EVENTS;
    this.#maxBytes = limits.bytes ?? RING_BYTES;
  }

  /** Id of the newest event; a snapshot taken now continues from here. */
  get lastId(): string {
    return `${this.#epoch}-${this.#last}`;
  }

  push(event: string, data: unknown): Buffer {
    this.#last += 1;
    const frame = eventFrame(event, data, this.lastId);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    while (this.#frames.length > this.#maxEvents || (this.#bytes > this.#maxBytes && this.#frames.length > 1)) {
      this.#bytes -= this.#frames.shift()?.length ?? 0;
    }
    return frame;
  }

  /** All events after that one, or undefined where some are no longer here or the id is another process's. */
  after(id: string): readonly Buffer[] | undefined {
    const match = /^(.+)-(\d{1,15})$/.exec(id);
    if (match?.[1] !== this.#epoch) return undefined;
    const missed = this.#last - Number(match[2]);
    if (missed < 0 || missed > this.#frames.length) return undefined;
    return this.#frames.slice(this.#frames.length - missed);
  }
}

/** One event in the stream's format (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function eventFrame(event: string, data: unknown, id?: string): Buffer {
  const lines = [...(id === undefined ? [] : [`id: ${id}`]), `event: ${event}`, `data: ${JSON.stringify(data)}`];
  return Buffer.from(`${lines.join('\n')}\n\n`);
}
