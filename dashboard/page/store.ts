import { batch, computed, signal } from '@preact/signals';
import type { CpuHistory, DataReport, PipelineReport, ServersUpdate, ServerSummary, Snapshot } from '../api/wire.ts';
import { countStates } from '../headline.ts';

/** A server as the page keeps it: changed in place, for thousands of them change every second. */
export type ServerView = { -readonly [name in keyof ServerSummary]: ServerSummary[name] } & {
  cpuHistory: (number | null)[];
  cpuLast: { bucketMs: number; sum: number; count: number };
};

export const servers = new Map<string, ServerView>();
/** Grows with each change of `servers`. */
export const version = signal(0);
export const data = signal<DataReport | undefined>(undefined);
export const pipeline = signal<PipelineReport | undefined>(undefined);

/** What is shown changes at most this often, all of it at once: calm to look at, and one picture to draw instead of five. */
const SHOW_EVERY_MS = 800;
let shownAt = -SHOW_EVERY_MS;
let showTimer: number | undefined;
let next: { data?: DataReport; pipeline?: PipelineReport } = {};

/** Server time as far as the stream tells, so that ages are right on a machine whose clock is not. */
export const nowMs = signal(Date.now());
let clockOffsetMs = 0;
let historyBucketMs = 15_000;
let historyLastMs = 0;

export const counts = computed(() => {
  version.value;
  return countStates([...servers.values()].map(({ state }) => state));
});

export function setClock(serverNowMs: number): void {
  const offset = serverNowMs - Date.now();
  if (Math.abs(offset - clockOffsetMs) > 250) clockOffsetMs = offset;
}

/** Shows what has come in, and the time, now or as soon as may be. */
export function showSoon(): void {
  if (showTimer !== undefined) return;
  showTimer = window.setTimeout(show, Math.max(0, shownAt + SHOW_EVERY_MS - performance.now()));
}

export function noteData(report: DataReport): void {
  next.data = report;
}

export function notePipeline(report: PipelineReport): void {
  next.pipeline = report;
}

function show(): void {
  showTimer = undefined;
  shownAt = performance.now();
  const { data: newData, pipeline: newPipeline } = next;
  next = {};
  batch(() => {
    nowMs.value = Date.now() + clockOffsetMs;
    if (newData !== undefined) data.value = newData;
    if (newPipeline !== undefined) pipeline.value = newPipeline;
    version.value += 1;
  });
  document.documentElement.dataset['fleet'] = servers.size > CALM_FROM_SERVERS ? 'large' : 'small';
}

/** From so many servers on figures change without fading in: that many animations would cost more than the figures. */
const CALM_FROM_SERVERS = 500;

export function applySnapshot(snapshot: Snapshot): void {
  setClock(snapshot.nowMs);
  servers.clear();
  historyBucketMs = snapshot.cpuHistory.bucketMs;
  historyLastMs = snapshot.cpuHistory.lastBucketMs;
  for (const summary of snapshot.servers) servers.set(summary.host, viewOf(summary, snapshot.cpuHistory));
  next = { data: snapshot.data, pipeline: snapshot.pipeline };
  showSoon();
}

export function applyUpdate(update: ServersUpdate): void {
  setClock(update.nowMs);
  for (const summary of update.changed) {
    const known = servers.get(summary.host);
    if (known === undefined) servers.set(summary.host, viewOf(summary, undefined));
    else Object.assign(known, summary);
    noteCpu(summary.host, summary.eventTimeMs, summary.cpuPct);
  }
  const { figures } = update;
  for (const [index, host] of figures.host.entries()) {
    const known = servers.get(host);
    if (known === undefined) continue;
    known.eventTimeMs = update.newestEventTimeMs - (figures.behindMs[index] ?? 0);
    known.cpuPct = figures.cpuPct[index] ?? null;
    known.memoryPct = figures.memoryPct[index] ?? null;
    known.loadPerCore = figures.loadPerCore[index] ?? null;
    known.diskPct = figures.diskPct[index] ?? null;
    known.strain = figures.strain[index] ?? 0;
    noteCpu(host, known.eventTimeMs, known.cpuPct);
  }
  for (const host of update.gone) servers.delete(host);
  noteData(update.data);
  showSoon();
}

function viewOf(summary: ServerSummary, history: CpuHistory | undefined): ServerView {
  const cpuHistory = [...(history?.cpuPct[summary.host] ?? new Array<null>(40).fill(null))];
  return { ...summary, cpuHistory, cpuLast: { bucketMs: historyLastMs, sum: 0, count: 0 } };
}

/** Goes on with the small line: the mean of the bucket that is not over, older ones shifted out. */
function noteCpu(host: string, timeMs: number, cpuPct: number | null): void {
  const server = servers.get(host);
  if (server === undefined || cpuPct === null) return;
  const bucketMs = Math.floor(timeMs / historyBucketMs) * historyBucketMs;
  const last = server.cpuLast;
  if (bucketMs < last.bucketMs) return;
  const steps = Math.min(40, (bucketMs - last.bucketMs) / historyBucketMs);
  for (let step = 0; step < steps; step += 1) {
    server.cpuHistory.shift();
    server.cpuHistory.push(null);
  }
  if (steps > 0) server.cpuLast = { bucketMs, sum: cpuPct, count: 1 };
  else {
    last.sum += cpuPct;
    last.count += 1;
  }
  server.cpuHistory[server.cpuHistory.length - 1] = server.cpuLast.sum / server.cpuLast.count;
}
