import { randomUUID } from 'node:crypto';
import type { DataReport, PipelineReport, ServersUpdate, Snapshot, Tick } from '../api/wire.ts';
import type { HealthFollower } from '../follower/health-follower.ts';
import type { TopicWatch } from '../follower/partition-lag.ts';
import type { TableFollower } from '../follower/table-follower.ts';
import { EventRing, eventFrame } from './event-ring.ts';
import type { WorkflowWatch } from '../temporal/workflow-watch.ts';
import { dataReport } from './data-report.ts';
import { tableReport, type TemporalUi } from './table-report.ts';
import { type Viewer, Viewers } from './viewers.ts';

/** Changes of servers are sent at most this often. */
export const UPDATE_EVERY_MS = 500;
/** A viewer hears something at least this often, and so knows a dead stream within three of them. */
export const TICK_EVERY_MS = 1_000;

export interface Pipeline {
  readonly table: TableFollower;
  readonly topic: TopicWatch;
}

/** The one producer of events for all viewers: what has changed is worked out and written once, however many watch. */
export class LiveView {
  readonly viewers = new Viewers();
  readonly #health: HealthFollower;
  readonly #servers: Pipeline;
  readonly #pipelines: readonly Pipeline[];
  readonly #workflows: WorkflowWatch;
  readonly #temporalUi: TemporalUi;
  readonly #ring = new EventRing(randomUUID().slice(0, 8));
  #updateTimer: NodeJS.Timeout | undefined;
  #tickTimer: NodeJS.Timeout | undefined;
  #lastUpdateAtMs = 0;
  #snapshotFrame: { readonly id: string; readonly frame: Buffer } | undefined;

  constructor(
    health: HealthFollower,
    servers: Pipeline,
    pipelines: readonly Pipeline[],
    workflows: WorkflowWatch,
    temporalUi: TemporalUi,
  ) {
    this.#health = health;
    this.#servers = servers;
    this.#pipelines = pipelines;
    this.#workflows = workflows;
    this.#temporalUi = temporalUi;
  }

  start(): void {
    this.#tickTimer = setInterval(() => {
      this.#tick();
    }, TICK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#tickTimer);
    clearTimeout(this.#updateTimer);
    this.viewers.closeAll();
  }

  /** Something about servers has changed: tell of it soon. */
  changed(): void {
    if (this.#updateTimer !== undefined) return;
    const waitMs = Math.max(0, this.#lastUpdateAtMs + UPDATE_EVERY_MS - Date.now());
    this.#updateTimer = setTimeout(() => {
      this.#sendUpdate();
    }, waitMs);
  }

  /** What can't be told as a change, such as the small lines' past: everybody gets the whole again. */
  changedAll(): void {
    this.#health.servers.takeChanges();
    this.viewers.send(this.#ring.push('snapshot', this.snapshot()));
  }

  /** Adds a viewer that has seen everything up to that event, or nothing. */
  join(viewer: Viewer, lastEventId: string | undefined): void {
    const missed = lastEventId === undefined ? undefined : this.#ring.after(lastEventId);
    if (missed === undefined) viewer.write(this.#wholeFrame());
    else for (const frame of missed) viewer.write(frame);
    viewer.write(eventFrame('tick', this.#tickData()));
    this.viewers.add(viewer);
  }

  data(): DataReport {
    const { table, topic } = this.#servers;
    return dataReport(this.#health, table, topic, Date.now());
  }

  pipeline(): PipelineReport {
    const nowMs = Date.now();
    const shared = { workflows: this.#workflows, temporalUi: this.#temporalUi };
    const tables = this.#pipelines.map((pipeline) => tableReport({ ...pipeline, ...shared }, nowMs));
    const watch = this.#workflows.at(nowMs);
    const { url } = this.#temporalUi;
    const temporal =
      'problem' in watch
        ? { state: 'unknown' as const, words: `What the workflows do is unknown: ${watch.problem}`, url }
        : { state: 'known' as const, words: 'Temporal answers.', url };
    return { nowMs, temporal, tables };
  }

  snapshot(): Snapshot {
    const { servers } = this.#health;
    return {
      nowMs: Date.now(),
      data: this.data(),
      servers: servers.summaries(),
      cpuHistory: this.#health.cpuHistory(),
      pipeline: this.pipeline(),
    };
  }

  /** Made once for all who join between two events. Events that are still to come only repeat what it says. */
  #wholeFrame(): Buffer {
    const id = this.#ring.lastId;
    if (this.#snapshotFrame?.id !== id) {
      this.#snapshotFrame = { id, frame: eventFrame('snapshot', this.snapshot(), id) };
    }
    return this.#snapshotFrame.frame;
  }

  #tick(): void {
    this.#judge();
    const frames = [this.#ring.push('pipeline', this.pipeline()), eventFrame('tick', this.#tickData())];
    this.viewers.send(Buffer.concat(frames));
  }

  #tickData(): Tick {
    return { nowMs: Date.now(), data: this.data() };
  }

  #judge(): void {
    if (this.#health.state !== 'following') return;
    const watch = this.#servers.topic.at(Date.now());
    if ('ends' in watch) {
      this.#health.completeness.sawEnds(watch.ends.askedAtMs, watch.ends.lastStable, this.#health.shownOffsets);
    }
    this.#health.servers.judgeSilence(this.#health.completeness);
    this.changed();
  }

  #sendUpdate(): void {
    this.#updateTimer = undefined;
    this.#lastUpdateAtMs = Date.now();
    const changes = this.#health.servers.takeChanges();
    if (changes === undefined) return;
    const update: ServersUpdate = { nowMs: Date.now(), data: this.data(), ...changes };
    this.viewers.send(this.#ring.push('servers', update));
  }
}
