import { waitFor } from '../wait-for.ts';

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
  /** The event as it came, to compare what several viewers got. */
  readonly text: string;
}

/** A viewer of the dashboard's stream, with nothing but fetch. */
export class EventReader {
  readonly events: StreamEvent[] = [];
  readonly response: Response;
  ended = false;
  readonly #stop: AbortController;

  private constructor(response: Response, stop: AbortController) {
    this.response = response;
    this.#stop = stop;
    void this.#read();
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const stop = new AbortController();
    return new EventReader(await fetch(url, { headers, signal: stop.signal }), stop);
  }

  of(event: string): StreamEvent[] {
    return this.events.filter((found) => found.event === event);
  }

  /** Waits for an event that `wanted` accepts, also among those that have come. */
  async next<T>(event: string, wanted: (data: T) => boolean = () => true): Promise<T> {
    return waitFor(`an event "${event}"`, 10_000, () =>
      Promise.resolve(this.of(event).find(({ data }) => wanted(data as T))?.data as T | undefined),
    );
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(): Promise<void> {
    let rest = '';
    try {
      for await (const text of this.response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const texts = (rest + text).split('\n\n');
        rest = texts.pop() ?? '';
        for (const found of texts) this.events.push(parse(found));
      }
    } catch {
      // Closed, by either side.
    }
    this.ended = true;
  }
}

function parse(text: string): StreamEvent {
  const fields = new Map(text.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]));
  return {
    id: fields.get('id'),
    event: fields.get('event') ?? '',
    data: JSON.parse(fields.get('data') ?? 'null'),
    text,
  };
}
