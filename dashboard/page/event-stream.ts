import { FrameSplitter, parseFrame, type StreamEvent } from './event-frames.ts';
import { authorization } from './token.ts';

/**
 * Server-sent events by `fetch`, since an EventSource sends no token. Ends when the stream does; throws where it breaks.
 * @returns the status where the API refused it
 */
export async function readEvents(
  path: string,
  signal: AbortSignal,
  onEvent: (event: StreamEvent) => void,
): Promise<number> {
  const response = await fetch(path, { headers: { ...authorization(), accept: 'text/event-stream' }, signal });
  if (!response.ok || response.body === null) return response.status;
  const frames = new FrameSplitter();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return response.status;
    for (const frame of frames.push(value)) onEvent(parseFrame(frame));
  }
}
