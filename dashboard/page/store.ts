import { computed, signal } from '@preact/signals';
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

export function tickClock(): void {
  nowMs.value = Date.now() + clockOffsetMs;
}

export function applySnapshot(snapshot: Snapshot): void {
  setClock(snapshot.nowMs);
  servers.clear();
  historyBucketMs = snapshot.cpuHistory.bucketMs;
  historyLastMs = snapshot.cpuHistory.lastBucketMs;
  for (const summary of snapshot.servers) servers.set(summary.host, viewOf(summary, snapshot.cpuHistory));
  data.value = snapshot.data;
  pipeline.value = snapshot.pipeline;
  version.value += 1;
  tickClock();
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
    known.eventTimeMs = figures.eventTimeMs[index] ?? known.eventTimeMs;
    known.cpuPct = figures.cpuPct[index] ?? null;
    known.memoryPct = figures.memoryPct[index] ?? null;
    known.loadPerCore = figures.loadPerCore[index] ?? null;
    known.diskPct = figures.diskPct[index] ?? null;
    known.strain = figures.strain[index] ?? 0;
    noteCpu(host, known.eventTimeMs, known.cpuPct);
  }
  for (const host of update.gone) servers.delete(host);
  data.value = update.data;
  version.value += 1;
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
