/** One event as the API sends it: each has one line of data. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Text in pieces to whole events, which an empty line ends. A piece is searched once. */
export class FrameSplitter {
  #pieces: string[] = [];

  push(text: string): string[] {
    const frames: string[] = [];
    // The empty line may begin in the piece before.
    const last = this.#pieces.at(-1);
    const joined = last?.endsWith('\n') === true ? `${this.#pieces.pop() ?? ''}${text}` : text;
    let from = 0;
    for (;;) {
      const end = joined.indexOf('\n\n', from);
      if (end === -1) break;
      frames.push(this.#pieces.join('') + joined.slice(from, end));
      this.#pieces = [];
      from = end + 2;
    }
    if (from < joined.length) this.#pieces.push(joined.slice(from));
    return frames;
  }
}

export function parseFrame(frame: string): StreamEvent {
  const fields = { id: '', event: 'message', data: '' };
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    if (name === 'id' || name === 'event' || name === 'data') fields[name] = line.slice(colon + 2);
  }
  return fields;
}
