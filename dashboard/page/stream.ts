import { signal } from '@preact/signals';
import type { PipelineReport, ServersUpdate, Snapshot, Tick } from '../api/wire.ts';
import { applySnapshot, applyUpdate, noteData, notePipeline, nowMs, setClock, showSoon } from './store.ts';

/** The stream speaks every second; after this long without a word it is dead. */
const DEAD_AFTER_MS = 2_500;
const WATCH_EVERY_MS = 250;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 5_000;

export type Connection = { readonly state: 'opening' | 'open' } | { readonly state: 'lost'; readonly sinceMs: number };
export const connection = signal<Connection>({ state: 'opening' });

let source: EventSource | undefined;
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
  source?.close();
  heardAt = performance.now();
  source = new EventSource(
    `/api/v1/events${lastEventId === '' ? '' : `?lastEventId=${encodeURIComponent(lastEventId)}`}`,
  );
  source.onerror = lose;
  on<Snapshot>('snapshot', applySnapshot);
  on<ServersUpdate>('servers', applyUpdate);
  on<PipelineReport>('pipeline', notePipeline);
  on<Tick>('tick', (tick) => {
    setClock(tick.nowMs);
    noteData(tick.data);
    showSoon();
  });
}

// The API says what each event holds: API.md.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function on<T>(event: string, apply: (data: T) => void): void {
  source?.addEventListener(event, (message: MessageEvent<string>) => {
    heardAt = performance.now();
    if (message.lastEventId !== '') lastEventId = message.lastEventId;
    apply(JSON.parse(message.data) as T);
    if (connection.value.state === 'open') return;
    connection.value = { state: 'open' };
    retryMs = RETRY_FIRST_MS;
  });
}

function watch(): void {
  if (document.hidden) return;
  showSoon();
  if (retryTimer === undefined && performance.now() - heardAt > DEAD_AFTER_MS) lose();
}

function lose(): void {
  source?.close();
  if (connection.value.state !== 'lost') connection.value = { state: 'lost', sinceMs: nowMs.value };
  retry(retryMs);
  retryMs = Math.min(RETRY_MOST_MS, retryMs * 2);
}

function retry(afterMs: number): void {
  if (connection.value.state === 'open') return;
  window.clearTimeout(retryTimer);
  retryTimer = window.setTimeout(connect, afterMs);
}
