import { Random } from '../../collectors/simulation/random.ts';
import { beginJob } from './actors/job.ts';
import { produce } from './actors/producer.ts';
import { follow } from './actors/reader.ts';
import { loseMetastore } from './actors/saboteur.ts';
import { ingest } from './actors/worker.ts';
import type { Meeting } from './meetings.ts';
import { EMPTY_METASTORE } from './services/memory-metastore.ts';
import { type ProcessKind, SimulatedProcess } from './world/process.ts';
import { CALM, Scheduler } from './world/scheduler.ts';
import { JOB_KINDS, type JobKind, shapeOf } from './world/shape.ts';
import { World } from './world/world.ts';

/** Steps within which everybody must have finished once nothing fails any more. */
const STEPS_TO_FINISH = 200_000;
/** Longer than the longest delay between two tries of anything. */
const CALM_MS = 20_000;
const MOST_JOBS_AT_ONCE = 4;
const LARGEST_CLOCK_SKEW_MS = 6 * 3_600_000;

export interface SimulationResult {
  readonly seed: number;
  readonly steps: number;
  /** Batches of all tables. */
  readonly batches: number;
  /** Times that a part of a batch, not its first, was read. */
  readonly partsRead: number;
  /** The promise that was broken, if one was. */
  readonly violation: string | undefined;
  /** Who was at a table together: one each time that a job began. */
  readonly meetings: readonly Meeting[];
  readonly trace: (options?: { readonly full?: boolean }) => string;
}

/** One world, from its first record until everybody has finished. The same seed is the same world, step by step. */
export async function simulate(seed: number, tablesFolder: string): Promise<SimulationResult> {
  const random = new Random(`sluice ${seed}`);
  const scheduler = new Scheduler(random);
  const world = new World(scheduler, shapeOf(random), tablesFolder);
  const simulation = new Simulation(world);
  await simulation.run();
  const batches = [...world.watches.values()].reduce((sum, { sequence }) => sum + sequence, 0);
  const partsRead = [...world.watches.values()].reduce((sum, watch) => sum + watch.partsRead, 0);
  const { violation, stepCount, trace } = scheduler;
  const { meetings } = simulation;
  return { seed, steps: stepCount, batches, partsRead, violation, meetings, trace: (options) => trace.text(options) };
}

class Simulation {
  readonly meetings: Meeting[] = [];
  readonly #world: World;
  readonly #jobs = new Map<SimulatedProcess, { readonly kind: JobKind; readonly table: string }>();
  readonly #processes: SimulatedProcess[] = [];
  #stop = new AbortController();
  #named = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async run(): Promise<void> {
    const { scheduler, shape } = this.#world;
    scheduler.trace.add('', `the world: ${JSON.stringify(shape)}`);
    scheduler.odds = shape.odds;
    this.#beginWorld();
    await scheduler.run(() => {
      this.#replaceWorkers();
      this.#startJobs(JOB_KINDS);
      return scheduler.stepCount >= shape.steps;
    });
    this.#becomeCalm();
    if (shape.end === 'all finish') await this.#finish();
    else this.#loseAll();
    await this.#finishBackfills();
    await this.#lastWorker();
    const unfinished = scheduler.violation ?? this.#world.unfinished();
    if (unfinished !== undefined) scheduler.violate(unfinished);
  }

  #beginWorld(): void {
    const { shape, topics, watches } = this.#world;
    for (const topic of topics.values()) this.#act('producer', (process) => produce(this.#world, process, topic));
    if (shape.metastoreIsLost) this.#act('saboteur', (process) => loseMetastore(this.#world, process));
    for (let count = 0; count < shape.readers; count += 1) {
      for (const { main, rejected } of watches.values()) {
        this.#act('reader', (process) => follow(this.#world, process, main));
        this.#act('reader', (process) => follow(this.#world, process, rejected));
      }
    }
  }

  /** In the place of each worker that is dead or does not move another is started, not knowing which of the two it is. */
  #replaceWorkers(): void {
    const { scheduler, shape } = this.#world;
    const moving = this.#alive('worker').filter((process) => process.frozenUntilStep <= scheduler.stepCount);
    if (moving.length < shape.workers && (moving.length === 0 || scheduler.chance(0.2)))
      this.#startWorker('continuous');
  }

  #startWorker(mode: 'continuous' | 'drain'): void {
    this.#act('worker', async (process) => {
      const tables = [...this.#world.topics.keys()];
      const options = { mode, cancelled: this.#stop.signal };
      await Promise.all(tables.map((table) => ingest(this.#world, process, table, options)));
    });
  }

  #startJobs(kinds: readonly JobKind[]): void {
    const { scheduler, shape, watches } = this.#world;
    const kind = scheduler.random.pick(kinds);
    if (this.#alive('job').length >= MOST_JOBS_AT_ONCE || !scheduler.chance(shape.jobs[kind])) return;
    const watch = scheduler.random.pick([...watches.values()]);
    this.#act('job', (process) => {
      this.#meet(process, kind, watch.topic.name);
      return beginJob(this.#world, process, kind, watch);
    });
  }

  #meet(process: SimulatedProcess, kind: JobKind, table: string): void {
    this.#jobs.set(process, { kind, table });
    const there = [...this.#jobs].filter(([job, about]) => job.alive && about.table === table);
    this.meetings.push({ workers: this.#alive('worker').length, jobs: there.map(([, about]) => about.kind) });
  }

  /** From here on nothing fails; every topic gets its last records. */
  #becomeCalm(): void {
    const { scheduler, shape, topics } = this.#world;
    scheduler.odds = CALM;
    scheduler.trace.add('', `from here on nothing fails: ${shape.end}`);
    scheduler.landAll();
    for (const process of this.#processes) {
      process.frozenUntilStep = 0;
      if (!process.mayFail) process.kill();
    }
    for (const topic of topics.values()) {
      for (let partition = 0; partition < topic.partitionCount; partition += 1) {
        topic.append(partition, { hour: 0, bad: false });
        topic.commit(partition);
      }
    }
  }

  #loseAll(): void {
    for (const process of this.#processes) process.kill();
    if (this.#world.shape.end === 'all are lost, and the metastore') this.#world.metastore.restore(EMPTY_METASTORE);
  }

  /** Everybody who lives goes on until all is committed and a while has passed, then ends what they are at. */
  async #finish(): Promise<void> {
    const { scheduler, shape, watches } = this.#world;
    const limit = scheduler.stepCount + STEPS_TO_FINISH;
    let caughtUpAtMs: number | undefined;
    await scheduler.run(() => {
      this.#replaceWorkers();
      this.#startJobs(['revision', 'loss']);
      const caughtUp = [...watches.values()].every((watch) => watch.isCaughtUp);
      caughtUpAtMs = caughtUp ? (caughtUpAtMs ?? scheduler.nowMs) : undefined;
      return scheduler.stepCount > limit || scheduler.nowMs > (caughtUpAtMs ?? scheduler.nowMs) + CALM_MS;
    });
    if (scheduler.stepCount > limit) scheduler.violate('the workers do not come to an end');
    this.#stop.abort();
    await scheduler.run(() => scheduler.stepCount > limit);
    const { crash, fail, loseAnswer, landLate } = shape.odds;
    const nothingFailed = crash + fail + loseAnswer + landLate === 0 && !shape.metastoreIsLost;
    const difference = this.#world.hiveDifference();
    if (nothingFailed && difference !== undefined) scheduler.violate(`when all have finished, ${difference}`);
  }

  /** What was begun is finished, from storage alone. */
  async #finishBackfills(): Promise<void> {
    const { scheduler, watches } = this.#world;
    const limit = scheduler.stepCount + STEPS_TO_FINISH;
    for (const watch of watches.values()) {
      this.#act('job', (process) => beginJob(this.#world, process, 'resumption', watch));
    }
    await scheduler.run(() => scheduler.stepCount > limit);
    if (this.#alive('job').length > 0) scheduler.violate('the backfills do not come to an end');
  }

  /** One more worker takes what is left, from storage alone. */
  async #lastWorker(): Promise<void> {
    const { scheduler } = this.#world;
    const limit = scheduler.stepCount + STEPS_TO_FINISH;
    this.#stop = new AbortController();
    this.#startWorker('drain');
    await scheduler.run(() => {
      if (this.#alive('worker').length > 0) this.#startJobs(['revision', 'loss']);
      return scheduler.stepCount > limit;
    });
    if (this.#alive('worker').length > 0) scheduler.violate('the last worker does not come to an end');
  }

  #alive(kind: ProcessKind): SimulatedProcess[] {
    return this.#processes.filter((process) => process.kind === kind && process.alive);
  }

  /** Starts a process, which ends when it has acted. What it does not catch is a defect. */
  #act(kind: ProcessKind, actor: (process: SimulatedProcess) => Promise<void>): void {
    const { scheduler } = this.#world;
    this.#named += 1;
    const clockSkewMs = scheduler.chance(0.2) ? Math.floor(scheduler.random.between(-1, 1) * LARGEST_CLOCK_SKEW_MS) : 0;
    const process = new SimulatedProcess(scheduler, kind, `${kind}-${this.#named}`, clockSkewMs);
    this.#processes.push(process);
    actor(process).then(
      () => process.kill(),
      (error: unknown) => scheduler.violate(`${process.name} failed: ${String(error)}`),
    );
  }
}
