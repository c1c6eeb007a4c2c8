import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { STEPS } from '../../activities/fault-point.ts';
import { Random } from '../../collectors/simulation/random.ts';
import { loadDefinition } from '../../definition/load.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { TABLE } from '../table-check.ts';
import { BROKERS, killComponents, pauseComponents, SERVICES } from './component-fault.ts';
import { TestProcess } from './own-process.ts';
import { TableUnderLoad } from './table-under-load.ts';

/** Pauses between faults, and how long something is made to stand still: beyond every time-out of a heartbeat. */
const CALM_MS = { least: 4_000, most: 16_000 };
const PAUSE_MS = { least: 3_000, most: 20_000 };
const REPORT_EVERY_MS = 30_000;
const OWN = ['worker', 'background'] as const;

interface Figures {
  readonly seed: string;
  readonly minutes: number;
  /** Written to the topic, by the producer's account. */
  records: number;
  commits: number;
  rewrites: number;
  /** Faults by what was done. */
  readonly faults: Record<string, number>;
  /** Longest time without a commit, in seconds. */
  longestStallS: number;
  /** From the last fault until everything was committed and shown. */
  recoveredAfterS: number;
}

/** A fault: what it is called, and doing it. */
interface Fault {
  readonly what: string;
  readonly strike: () => Promise<void> | void;
}

/** Load and random faults for a while, then the judgement. A seed decides which faults, and when. */
class Soak {
  readonly #table: TableUnderLoad;
  readonly #random: Random;
  readonly #figures: Figures;
  readonly #untilMs: number;
  readonly #log: TableLog;
  #committedAtMs = performance.now();
  #planted: TestProcess | undefined;

  constructor(table: TableUnderLoad, seed: string, minutes: number) {
    const { settings } = table.test;
    this.#table = table;
    this.#random = new Random(seed);
    this.#untilMs = performance.now() + minutes * 60_000;
    this.#log = new TableLog(openStorage(settings), mainTable(loadDefinition(settings.tablesFolder, TABLE)).path);
    this.#figures = {
      seed,
      minutes,
      records: 0,
      commits: 0,
      rewrites: 0,
      faults: {},
      longestStallS: 0,
      recoveredAfterS: 0,
    };
  }

  async run(): Promise<Figures> {
    const watching = setInterval(() => void this.#watch().catch(() => undefined), 500);
    const reporting = setInterval(() => this.#say(), REPORT_EVERY_MS);
    try {
      while (!this.#isOver) {
        await sleep(this.#between(CALM_MS));
        const fault = this.#fault();
        this.#figures.faults[fault.what] = (this.#figures.faults[fault.what] ?? 0) + 1;
        await fault.strike();
      }
      const endedAtMs = performance.now();
      await this.#planted?.stop();
      await this.#table.judge({ uncertified: false });
      this.#figures.recoveredAfterS = secondsSince(endedAtMs);
      await this.#watch();
      return this.#figures;
    } finally {
      clearInterval(watching);
      clearInterval(reporting);
    }
  }

  get #isOver(): boolean {
    return performance.now() > this.#untilMs;
  }

  #fault(): Fault {
    const { test } = this.#table;
    const component = this.#random.pick([...SERVICES, ...OWN, ...OWN]);
    const kind = this.#random.pick(['kill', 'kill', 'pause', 'pause', 'all brokers', 'step', 'step'] as const);
    if (kind === 'kill') {
      return { what: `kill ${component}`, strike: () => killComponents(test, [component]) };
    }
    if (kind === 'pause') {
      return {
        what: `pause ${component}`,
        strike: () => pauseComponents(test, [component], this.#between(PAUSE_MS)),
      };
    }
    if (kind === 'all brokers') {
      return { what: 'kill all brokers', strike: () => killComponents(test, BROKERS) };
    }
    return this.#plantedFault();
  }

  /** One more process of Sluice's own, with a fault planted in it; it stays until the next one. */
  #plantedFault(): Fault {
    const step = this.#random.pick(STEPS);
    const when = this.#random.pick(['before', 'after']);
    const what = this.#random.pick(['crash', 'error', 'hang']);
    const text = `${step}:${when}:${what}${what === 'hang' ? `:${this.#between(PAUSE_MS)}` : ''}`;
    return {
      what: `${what} at ${step}`,
      strike: async () => {
        await this.#planted?.stop();
        this.#planted = undefined;
        const name = step.startsWith('rewrite') ? 'background' : 'worker';
        this.#planted = TestProcess.startFaulty(this.#table.test, name, text);
        if (name === 'background') await this.#table.compact().catch(() => undefined);
      },
    };
  }

  async #watch(): Promise<void> {
    const entries = await this.#log.refresh();
    this.#figures.records = this.#table.load.records;
    if (entries.length === 0) {
      this.#figures.longestStallS = Math.max(this.#figures.longestStallS, secondsSince(this.#committedAtMs));
      return;
    }
    this.#committedAtMs = performance.now();
    const rewrites = entries.filter(({ actions }) => actions.some(({ remove }) => remove !== undefined)).length;
    this.#figures.rewrites += rewrites;
    this.#figures.commits += entries.length - rewrites;
  }

  #say(): void {
    const { records, commits, rewrites, faults, longestStallS } = this.#figures;
    const struck = Object.values(faults).reduce((sum, count) => sum + count, 0);
    const leftS = Math.max(0, Math.round((this.#untilMs - performance.now()) / 1_000));
    console.log(
      `${leftS} s left: ${records} records, ${commits} commits, ${rewrites} rewrites, ${struck} faults, longest stall ${longestStallS} s`,
    );
  }

  #between({ least, most }: { readonly least: number; readonly most: number }): number {
    return Math.floor(this.#random.between(least, most));
  }
}

function secondsSince(ms: number): number {
  return Math.round((performance.now() - ms) / 100) / 10;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now()) },
    /** A file for the summary, as JSON. */
    json: { type: 'string' },
  },
});
console.log(`Soak for ${values.minutes} minutes with seed ${values.seed}.`);
const table = await TableUnderLoad.start({ own: OWN });
try {
  const figures = await new Soak(table, values.seed, Number(values.minutes)).run();
  const summary = JSON.stringify(figures, null, 2);
  if (values.json !== undefined) writeFileSync(values.json, `${summary}\n`);
  console.log(summary);
  console.log(
    `Right: each of ${figures.records} records is there once, Hive shows what the log holds, the audit is clean.`,
  );
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await table.stop();
}
