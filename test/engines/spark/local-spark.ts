import { mkdtempSync, readFileSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { freePorts } from '../../../infra/ports.ts';
import { RunningComponent } from '../../../infra/running-component.ts';
import type { Component } from '../../../infra/component.ts';
import { sparkConnect } from '../../../infra/spark-connect.ts';
import { StackRecord } from '../../../infra/stack-record.ts';
import { JOINABLE_PREFIX } from '../../../plans/joinable-work.ts';
import type { KafkaSettings } from '../../../settings/settings.ts';
import { readSettings } from '../../../settings/settings.ts';
import type { SparkSettings } from '../../../settings/spark-settings.ts';

/** Streams end after a second instead of two minutes, so that every longer operation must be attached again. */
const ENDING_STREAMS = { 'spark.connect.execute.reattachable.senderMaxStreamDuration': '1s' };

/** Says which operations it gives up. */
const OPERATIONS_LOGGED = `
logger.operations.name=org.apache.spark.sql.connect.service.SparkConnectExecutionManager
logger.operations.level=INFO
`;

/** A real Spark Connect server with a home of its own, as `sluice up` starts it. */
export class LocalSpark {
  readonly spark: SparkSettings;
  readonly logPath: string;
  readonly home: string;
  readonly #running: RunningComponent;

  private constructor(home: string, spark: SparkSettings, running: RunningComponent) {
    this.home = home;
    this.spark = spark;
    this.#running = running;
    this.logPath = running.logPath;
  }

  /**
   * @param kafka what its Kafka clients log in with
   * @param properties of Spark's, where they are to be others
   */
  static async create(
    kafka: KafkaSettings,
    properties: Readonly<Record<string, string>> = ENDING_STREAMS,
  ): Promise<LocalSpark> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-spark-'));
    const ports = await freePorts();
    const { cacheFolder } = readSettings();
    const environment = { SLUICE_HOME: home, SLUICE_CACHE: cacheFolder, SLUICE_PORT_SPARK: String(ports.spark) };
    const settings = { ...readSettings(environment), kafka };
    const log = join(home, 'logs', 'spark.log');
    const running = new RunningComponent(
      withProperties(sparkConnect(settings), properties),
      log,
      new StackRecord(home),
      () => undefined,
    );
    return new LocalSpark(home, settings.spark, running);
  }

  async start(): Promise<void> {
    await this.#running.component.prepare?.(() => undefined);
    await appendFile(join(this.home, 'spark', 'log4j2.properties'), OPERATIONS_LOGGED);
    await this.#running.start();
  }

  /**
   * Whether its log says of an operation, which this folder is named by, that it is at it no more. The folder itself can't tell:
   * a task that ends late makes it again, after Spark has deleted it.
   */
  hasGivenUp(folder: string): boolean {
    const id = basename(folder).slice(JOINABLE_PREFIX.length);
    return readFileSync(this.logPath, 'utf8').includes(`${id}) is removed.`);
  }

  /** As a crash would end it; it is started again at once. */
  kill(): void {
    this.#running.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}

function withProperties(component: Component, properties: Readonly<Record<string, string>>): Component {
  const flags = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
  return {
    ...component,
    command() {
      const { args, ...command } = component.command();
      // Of a property that is given twice, Java takes the last: just before the class path, after all others.
      const at = args.indexOf('-cp');
      return { ...command, args: [...args.slice(0, at), ...flags, ...args.slice(at)] };
    },
  };
}
