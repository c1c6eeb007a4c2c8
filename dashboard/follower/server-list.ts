import type { ServersUpdate, ServerSummary } from '../api/wire.ts';
import { isSilent, SILENT_AFTER_MS } from '../server-state.ts';
import type { Completeness } from './completeness.ts';
import { type FigureLists, TrackedServer } from './tracked-server.ts';

/** A server that has sent nothing for this long is taken off the list. */
export const FORGET_AFTER_MS = 86_400_000;
/** Servers on the list at most; rows of further ones are still in the table. */
export const MAX_SERVERS = 20_000;

/** Every server's newest row and state, and what has changed of them since last asked. */
export class ServerList {
  /** Rows of servers that were not taken on because the list was full. */
  refused = 0;
  newestEventTimeMs: number | undefined;
  readonly #servers = new Map<string, TrackedServer>();
  #newer: TrackedServer[] = [];
  /** In the order of their first change. */
  #changed: TrackedServer[] = [];
  #gone: string[] = [];
  readonly #silentAfterMs: number;

  constructor(silentAfterMs = SILENT_AFTER_MS) {
    this.#silentAfterMs = silentAfterMs;
  }

  get size(): number {
    return this.#servers.size;
  }

  get(host: string): TrackedServer | undefined {
    return this.#servers.get(host);
  }

  hosts(): Iterable<string> {
    return this.#servers.keys();
  }

  summaries(): ServerSummary[] {
    return [...this.#servers.values()].map(({ summary }) => summary);
  }

  /** The server that a row of that time is to be written to, before all are judged; none where a newer row is known. */
  newer(host: string, eventTimeMs: number): TrackedServer | undefined {
    let server = this.#servers.get(host);
    if (server === undefined) {
      if (this.#servers.size >= MAX_SERVERS) {
        this.refused += 1;
        return undefined;
      }
      this.#servers.set(host, (server = new TrackedServer(host)));
    } else if (server.eventTimeMs > eventTimeMs) {
      return undefined;
    }
    server.eventTimeMs = eventTimeMs;
    if (!server.isNewer) this.#newer.push(server);
    server.isNewer = true;
    return server;
  }

  /** Judges what newer rows say, and gives the servers that have one. */
  judgeNewer(): readonly TrackedServer[] {
    const newer = this.#newer;
    this.#newer = [];
    for (const server of newer) {
      server.isNewer = false;
      this.newestEventTimeMs = Math.max(this.newestEventTimeMs ?? 0, server.eventTimeMs);
      this.#note(server, server.judge() ? 'whole' : 'figures');
    }
    return newer;
  }

  /** Judges silence, and forgets who has been away too long. */
  judgeSilence(completeness: Completeness): void {
    for (const [host, server] of this.#servers) {
      const { eventTimeMs, kafkaPartition } = server;
      const completeToMs = completeness.of(kafkaPartition) ?? eventTimeMs;
      if (completeToMs - eventTimeMs > FORGET_AFTER_MS) {
        this.#servers.delete(host);
        this.#gone.push(host);
      } else if (server.judgeSilence(isSilent(eventTimeMs, completeToMs, this.#silentAfterMs))) {
        this.#note(server, 'whole');
      }
    }
  }

  /** What has changed since the last call. */
  takeChanges(): Omit<ServersUpdate, 'nowMs' | 'data'> | undefined {
    if (this.#changed.length + this.#gone.length === 0) return undefined;
    const newestEventTimeMs = this.newestEventTimeMs ?? 0;
    const figures: FigureLists = {
      ...{ host: [], behindMs: [], cpuPct: [], memoryPct: [], loadPerCore: [], diskPct: [], strain: [] },
    };
    const changed: ServerSummary[] = [];
    for (const server of this.#changed) {
      if (this.#servers.get(server.host) !== server) continue;
      if (server.change === 'whole') changed.push(server.summary);
      else server.addFigures(figures, newestEventTimeMs);
      server.change = 'none';
    }
    const gone = this.#gone;
    this.#changed = [];
    this.#gone = [];
    return { changed, newestEventTimeMs, figures, gone };
  }

  #note(server: TrackedServer, change: 'figures' | 'whole'): void {
    if (server.change === 'none') this.#changed.push(server);
    if (server.change !== 'whole') server.change = change;
  }
}
