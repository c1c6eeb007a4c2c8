import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { family } from '../../bench/measure/processes.ts';
import type { Component } from '../../infra/component.ts';
import { jarFolder } from '../../infra/java.ts';
import { freePorts } from '../../infra/ports.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { SPARK_JARS, sparkConnect } from '../../infra/spark-connect.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { readSettings, type KafkaSettings, type Settings } from '../../settings/settings.ts';
import type { SparkSettings } from '../../settings/spark-settings.ts';

/** Where executors run: what is started for it, and how a Spark Connect server is told of it. */
export interface Master {
  readonly components: readonly Component[];
  readonly properties: Readonly<Record<string, string>>;
  /** Before Spark's own jars. */
  readonly classPath: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A real Spark Connect server whose executors are processes of a cluster, with what Spark keeps of its own history. */
export class ClusterSpark {
  readonly spark: SparkSettings;
  readonly #home: string;
  readonly #running: RunningComponent[] = [];

  private constructor(home: string, spark: SparkSettings) {
    this.#home = home;
    this.spark = spark;
  }

  /** @param masterOf is given a home and the first of twelve free ports */
  static async start(
    kafka: KafkaSettings,
    masterOf: (settings: Settings, firstPort: number) => Promise<Master>,
  ): Promise<ClusterSpark> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-cluster-'));
    const ports = await freePorts();
    const environment = {
      SLUICE_HOME: home,
      SLUICE_CACHE: readSettings().cacheFolder,
      SLUICE_PORT_SPARK: String(ports.spark),
    };
    const settings = { ...readSettings(environment), kafka };
    const started = new ClusterSpark(home, settings.spark);
    try {
      const master = await masterOf(settings, ports.temporal);
      mkdirSync(started.#events);
      const server = onCluster(sparkConnect(settings), settings, master, started.#events);
      for (const component of [...master.components, server]) await started.#run(component);
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** Processes that run its tasks. */
  executors(): number[] {
    const all = this.#running.flatMap(({ pid }) => (pid === undefined ? [] : family(pid)));
    return all.map(({ pid }) => pid).filter((pid) => /^\S*java\0.*CoarseGrainedExecutorBackend/s.test(commandOf(pid)));
  }

  /** An executor that is at a task which writes below this folder. */
  executorWritingTo(folder: string): number | undefined {
    return this.executors().find((pid) => openFiles(pid).some((path) => path.startsWith(`${folder}/`)));
  }

  /** Every log, and every event that Spark keeps for its history server. */
  histories(): string {
    return [join(this.#home, 'logs'), this.#events].map(textsBelow).join('\n');
  }

  /** What Spark's history says of its executors. */
  executorsSeen(): number {
    return textsBelow(this.#events).split('"Event":"SparkListenerExecutorAdded"').length - 1;
  }

  async stop(): Promise<void> {
    for (const running of this.#running.toReversed()) await running.stop();
    await rm(this.#home, { recursive: true, force: true });
  }

  get #events(): string {
    return join(this.#home, 'events');
  }

  async #run(component: Component): Promise<void> {
    await component.prepare?.(() => undefined);
    const log = join(this.#home, 'logs', `${component.name}.log`);
    const running = new RunningComponent(component, log, new StackRecord(this.#home), () => undefined);
    this.#running.push(running);
    await running.start();
  }
}

/** The local server's own command, with another master. */
function onCluster(server: Component, settings: Settings, master: Master, events: string): Component {
  const properties = {
    ...master.properties,
    'spark.executor.memory': '512m',
    'spark.eventLog.enabled': 'true',
    'spark.eventLog.compress': 'false',
    'spark.eventLog.dir': pathToFileURL(events).href,
  };
  return {
    ...server,
    command() {
      const { args, ...command } = server.command();
      const options = args.filter((arg) => !arg.includes('ArchiveClassesAtExit') && !arg.includes('SharedArchiveFile'));
      const at = options.indexOf('-cp');
      const flags = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
      const classPath = [...master.classPath, `${jarFolder(SPARK_JARS, settings.cacheFolder)}/*`].join(':');
      return {
        ...command,
        // Of a property that is given twice, Java takes the last.
        args: [...options.slice(0, at), ...flags, '-cp', classPath, ...options.slice(at + 2)],
        environment: master.environment,
      };
    },
    stopped: () => Promise.resolve(),
  };
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => linkedTo(join(folder, name)));
  } catch {
    return [];
  }
}

/** '' of what has been closed since it was listed. */
function linkedTo(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textsBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}
