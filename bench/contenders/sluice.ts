import { spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runtimeEnvironment } from '../../infra/own-processes.ts';
import { HiveMetastore } from '../../lake/hive/metastore.ts';
import { HivePublisher } from '../../lake/hive/publisher.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { parseDefinition } from '../../definition/parse.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { rowCountOf } from '../../lake/log/snapshot.ts';
import { decodedPath } from '../../plans/file-place.ts';
import { mainTable, type TableShape } from '../../plans/table-shape.ts';
import { readSettings, type Settings } from '../../settings/settings.ts';
import type { Measurement } from '../measure/measurement.ts';
import { ProcessWatch } from '../measure/process-watch.ts';
import type { Arena, Contender } from './contender.ts';
import { checkOutput } from './output.ts';

const LOOK_EVERY_MS = 25;
const LIMIT_MS = 900_000;

/** The whole of it: a worker with Temporal around it, until the last row is in the log and published in Hive. */
export const SLUICE: Contender = { name: 'sluice', run: (arena, folder, run) => runSluice(arena, folder, run) };

/** On what Sluice runs, where it is not one worker on all cores. */
export interface SluiceSetup {
  /** The cores that its processes may use, as taskset(1) takes them. */
  readonly cores?: string;
  /** Workers that write parts of batches beside the one that ingests; a batch then has a part for each of all. */
  readonly helpers?: number;
}

/** Moves all that the topic holds into a table of its own. */
export async function runSluice(
  arena: Arena,
  folder: string,
  run: number,
  { cores, helpers = 0 }: SluiceSetup = {},
): Promise<Measurement> {
  // A table of its own each time; the topic is the same.
  const table = `${arena.definition.table}_${run}`;
  const text = arena.definitionText
    .replace(/^table: .*$/m, `table: ${table}`)
    .replace(/^limits:$/m, `limits:\n  shards: ${helpers + 1}`);
  const { environment, settings, shape } = prepareTable(arena.settings, folder, text);
  const storage = openStorage(settings);
  const log = new TableLog(storage, shape.path);
  const metastore = new HiveMetastore({ endpoints: settings.metastore.endpoints });
  const publisher = new HivePublisher({ metastore, storage, shape });

  const services = new ProcessWatch(arena.servicePids);
  const startedMs = performance.now();
  const worker = startWorker(environment, join(folder, 'worker.log'), { cores });
  const others = Array.from({ length: helpers }, (_, index) =>
    startWorker(environment, join(folder, `helper-${index}.log`), { cores, args: ['--queues', 'parts'] }),
  );
  const watch = new ProcessWatch([worker, ...others].map(({ pid }) => pid));
  const secondsSince = (ms: number): number => (performance.now() - ms) / 1000;
  try {
    await Promise.all([worker, ...others].map(({ ready }) => ready));
    const [readyMs, readyCpu] = [performance.now(), watch.cpuSeconds + services.cpuSeconds];
    let firstRowSeconds: number | null = null;
    for (let rows = 0; rows < arena.records || (await publisher.publishedVersion()) < log.snapshot.version;) {
      if (secondsSince(startedMs) * 1000 > LIMIT_MS) throw new Error(`Sluice was not done after ${LIMIT_MS / 1000} s.`);
      await sleep(LOOK_EVERY_MS);
      for (const { actions } of await log.refresh()) {
        for (const { add } of actions) rows += add === undefined ? 0 : rowCountOf(add);
      }
      if (rows > 0) firstRowSeconds ??= secondsSince(startedMs);
    }
    const cpuSeconds = watch.cpuSeconds + services.cpuSeconds;
    const taken = {
      seconds: secondsSince(startedMs),
      cpuSeconds,
      busyCpuSeconds: cpuSeconds - readyCpu,
      busySeconds: secondsSince(readyMs),
      peakMiB: watch.peakMiB,
      firstRowSeconds,
    };
    const paths = [...log.snapshot.files.keys()].map((path) => join(folder, 'lake', shape.path, decodedPath(path)));
    const output = await checkOutput(folder, arena.records, paths, '(kafka_partition, kafka_offset)');
    return { contender: 'sluice', ...taken, ...output };
  } finally {
    watch.stop();
    services.stop();
    await Promise.all([worker, ...others].map((running) => running.stop()));
  }
}

/** A table for processes of Sluice that use an arena's services. */
export interface PreparedTable {
  readonly definition: TableDefinition;
  readonly shape: TableShape;
  /** What those processes are told, and the settings that they have by it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: Settings;
}

/** Puts a definition into the folder's `tables`, beside its `lake`. */
export function prepareTable(services: Settings, folder: string, definitionText: string): PreparedTable {
  const definition = parseDefinition(definitionText, 'the benchmark’s definition');
  const [tables, lake] = [join(folder, 'tables'), join(folder, 'lake')];
  for (const each of [tables, lake]) mkdirSync(each, { recursive: true });
  writeFileSync(join(tables, `${definition.table}.yaml`), definitionText);
  const environment = environmentOf(services, tables, lake);
  const settings = readSettings({ ...process.env, ...environment });
  return { definition, shape: mainTable(definition), environment, settings };
}

function environmentOf({ ports, home, cacheFolder }: Settings, tables: string, lake: string): Record<string, string> {
  return {
    SLUICE_HOME: home,
    SLUICE_CACHE: cacheFolder,
    ...runtimeEnvironment(cacheFolder),
    SLUICE_LAKE: pathToFileURL(lake).href,
    SLUICE_TABLES: tables,
    SLUICE_PORT_TEMPORAL: String(ports.temporal),
    SLUICE_PORT_TEMPORAL_UI: String(ports.temporalUi),
    SLUICE_PORT_KAFKA: String(ports.kafka),
    SLUICE_PORT_METASTORE: String(ports.metastore),
  };
}

export interface RunningWorker {
  readonly pid: number;
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

export function startWorker(
  environment: Readonly<Record<string, string>>,
  logFile: string,
  options: {
    readonly program?: 'main.ts' | 'background.ts';
    readonly args?: readonly string[];
    readonly cores?: string | undefined;
  } = {},
): RunningWorker {
  const { program = 'main.ts', args = [], cores } = options;
  const entry = fileURLToPath(new URL(`../../workers/${program}`, import.meta.url));
  const pinned = cores === undefined ? [] : ['taskset', '-c', cores];
  const [file = '', ...rest] = [...pinned, process.execPath, '--disable-warning=ExperimentalWarning', entry, ...args];
  const child = spawn(file, rest, {
    stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
    env: { ...process.env, ...environment },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"ready":true')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`The worker ended with ${code ?? -1}; see ${logFile}.`)));
  });
  return {
    pid: child.pid ?? 0,
    ready,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
