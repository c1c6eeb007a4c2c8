import { signal } from '@preact/signals';
import type { PipelineReport, ServersUpdate, Snapshot, Tick } from '../api/wire.ts';
import type { StreamEvent } from './event-frames.ts';
import { readEvents } from './event-stream.ts';
import { applySnapshot, applyUpdate, noteData, notePipeline, nowMs, setClock, showSoon } from './store.ts';

/** The stream speaks every second; after this long without a word it is dead. */
const DEAD_AFTER_MS = 2_500;
const WATCH_EVERY_MS = 250;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 5_000;
/** Status of a request that lacks the token. */
const REFUSED = 401;

export type Connection = { readonly state: 'opening' | 'open' } | { readonly state: 'lost'; readonly sinceMs: number };
export const connection = signal<Connection>({ state: 'opening' });

/** Whether the API refuses to be read without the right token. */
export const needsToken = signal(false);

let source: AbortController | undefined;
let lastEventId = '';
let heardAt = performance.now();
let retryMs = RETRY_FIRST_MS;
let retryTimer: number | undefined;

/** Opens the stream and keeps it open; after a break it goes on from the last event that was seen. */
export function followStream(): void {
  connect();
  window.setInterval(watch, WATCH_EVERY_MS);
  window.addEventListener('online', () => retry(0));
}

function connect(): void {
  retryTimer = undefined;
  source?.abort();
  heardAt = performance.now();
  const mine = new AbortController();
  source = mine;
  const from = lastEventId === '' ? '' : `?lastEventId=${encodeURIComponent(lastEventId)}`;
  readEvents(`/api/v1/events${from}`, mine.signal, apply).then(
    (status) => {
      needsToken.value = status === REFUSED;
      if (source === mine) lose();
    },
    () => {
      if (source === mine) lose();
    },
  );
}

/** The API says what each event holds: API.md. */
function apply({ id, event, data }: StreamEvent): void {
  heardAt = performance.now();
  if (id !== '') lastEventId = id;
  const content: unknown = JSON.parse(data);
  if (event === 'snapshot') applySnapshot(content as Snapshot);
  else if (event === 'servers') applyUpdate(content as ServersUpdate);
  else if (event === 'pipeline') notePipeline(content as PipelineReport);
  else if (event === 'tick') applyTick(content as Tick);
  if (connection.value.state === 'open') return;
  connection.value = { state: 'open' };
  needsToken.value = false;
  retryMs = RETRY_FIRST_MS;
}

function applyTick(tick: Tick): void {
  setClock(tick.nowMs);
  noteData(tick.data);
  showSoon();
}

function watch(): void {
  if (document.hidden) return;
  showSoon();
  if (retryTimer === undefined && performance.now() - heardAt > DEAD_AFTER_MS) lose();
}

function lose(): void {
  source?.abort();
  source = undefined;
  if (connection.value.state !== 'lost') connection.value = { state: 'lost', sinceMs: nowMs.value };
  retry(retryMs);
  retryMs = Math.min(RETRY_MOST_MS, retryMs * 2);
}

function retry(afterMs: number): void {
  if (connection.value.state === 'open') return;
  window.clearTimeout(retryTimer);
  retryTimer = window.setTimeout(connect, afterMs);
}
