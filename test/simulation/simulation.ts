import { Random } from '../../collectors/simulation/random.ts';
import { produce } from './actors/producer.ts';
import { follow } from './actors/reader.ts';
import { loseMetastore } from './actors/saboteur.ts';
import { ingest } from './actors/worker.ts';
import { EMPTY_METASTORE } from './services/memory-metastore.ts';
import { SimulatedProcess } from './world/process.ts';
import { CALM, Scheduler } from './world/scheduler.ts';
import { shapeOf } from './world/shape.ts';
import { World } from './world/world.ts';

/** Steps within which everybody must have finished once nothing fails any more. */
const STEPS_TO_FINISH = 20_000;
const LARGEST_CLOCK_SKEW_MS = 6 * 3_600_000;

export interface SimulationResult {
  readonly seed: number;
  readonly steps: number;
  readonly commits: number;
  /** The promise that was broken, if one was. */
  readonly violation: string | undefined;
  readonly trace: (options?: { readonly full?: boolean }) => string;
}

/** One world, from its first record until everybody has finished. The same seed is the same world, step by step. */
export async function simulate(seed: number, tablesFolder: string): Promise<SimulationResult> {
  const random = new Random(`sluice ${seed}`);
  const scheduler = new Scheduler(random);
  const world = new World(scheduler, shapeOf(random), tablesFolder);
  await new Simulation(world).run();
  const commits = [...world.watches.values()].reduce((sum, { sequence }) => sum + sequence, 0);
  const { violation, stepCount, trace } = scheduler;
  return { seed, steps: stepCount, commits, violation, trace: (options) => trace.text(options) };
}

class Simulation {
  readonly #world: World;
  readonly #processes: SimulatedProcess[] = [];
  #stop = new AbortController();
  #running = 0;
  #named = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async run(): Promise<void> {
    const { scheduler, shape } = this.#world;
    scheduler.trace.add('', `the world: ${JSON.stringify(shape)}`);
    scheduler.odds = shape.odds;
    this.#beginAll();
    await scheduler.run(() => {
      this.#replaceWorkers();
      return scheduler.stepCount >= shape.steps;
    });
    scheduler.odds = CALM;
    this.#end();
    await this.#quiet();
    await this.#lastWorker();
    const unfinished = scheduler.violation ?? this.#world.unfinished();
    if (unfinished !== undefined) scheduler.violate(unfinished);
  }

  #beginAll(): void {
    const { shape, topics, watches } = this.#world;
    for (const topic of topics.values()) {
      this.#begin(produce(this.#world, this.#newProcess('producer', false), topic));
    }
    if (shape.metastoreIsLost) this.#begin(loseMetastore(this.#world, this.#newProcess('saboteur', false)));
    for (let count = 0; count < shape.readers; count += 1) {
      for (const { main, rejected } of watches.values()) {
        this.#begin(follow(this.#world, this.#newProcess('reader', false), main));
        this.#begin(follow(this.#world, this.#newProcess('reader', false), rejected));
      }
    }
  }

  /** In the place of each worker that is dead or does not move another is started, not knowing which of the two it is. */
  #replaceWorkers(): void {
    const { scheduler, shape } = this.#world;
    const working = this.#processes.filter(
      (process) => process.mayFail && process.alive && process.frozenUntilStep <= scheduler.stepCount,
    );
    if (working.length >= shape.workers || (working.length > 0 && !scheduler.chance(0.2))) return;
    this.#startWorker('continuous');
  }

  #startWorker(mode: 'continuous' | 'drain'): void {
    const process = this.#newProcess('worker', true);
    for (const table of this.#world.topics.keys()) {
      this.#running += 1;
      const done = ingest(this.#world, process, table, { mode, cancelled: this.#stop.signal });
      this.#begin(done.then(() => void (this.#running -= 1)));
    }
  }

  /** What an actor does not catch is a defect, of the simulation or of what it runs. */
  #begin(acting: Promise<void>): void {
    acting.catch((error: unknown) => this.#world.scheduler.violate(`an actor failed: ${String(error)}`));
  }

  #end(): void {
    const { scheduler, shape, topics, metastore } = this.#world;
    scheduler.trace.add('', `from here on nothing fails: ${shape.end}`);
    for (const process of this.#processes) {
      process.frozenUntilStep = 0;
      if (!process.mayFail && process.alive) process.kill();
      if (shape.end !== 'all finish' && process.alive) process.kill();
    }
    if (shape.end !== 'all finish') this.#running = 0;
    if (shape.end === 'all are lost, and the metastore') metastore.restore(EMPTY_METASTORE);
    for (const topic of topics.values()) {
      for (let partition = 0; partition < topic.partitionCount; partition += 1) topic.commit(partition);
    }
    this.#stop.abort();
  }

  /** Everybody who lives ends what they were at, zombies included. */
  async #quiet(): Promise<void> {
    const { scheduler } = this.#world;
    const limit = scheduler.stepCount + STEPS_TO_FINISH;
    await scheduler.run(() => scheduler.stepCount > limit);
    if (scheduler.stepCount > limit) scheduler.violate('the workers do not come to an end');
  }

  /** One more worker takes what is left, from storage alone. */
  async #lastWorker(): Promise<void> {
    this.#stop = new AbortController();
    this.#running = 0;
    this.#startWorker('drain');
    await this.#quiet();
    if (this.#running > 0) this.#world.scheduler.violate('the last worker does not come to an end');
  }

  #newProcess(kind: string, mayFail: boolean): SimulatedProcess {
    const { scheduler } = this.#world;
    this.#named += 1;
    const clockSkewMs = scheduler.chance(0.2) ? Math.floor(scheduler.random.between(-1, 1) * LARGEST_CLOCK_SKEW_MS) : 0;
    const process = new SimulatedProcess(scheduler, `${kind}-${this.#named}`, { mayFail, clockSkewMs });
    this.#processes.push(process);
    return process;
  }
}
