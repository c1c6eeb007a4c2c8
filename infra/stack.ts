import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDefinitions } from '../definition/load.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { ensureTopic } from '../kafka/admin.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component, Progress } from './component.ts';
import { hiveMetastore } from './hive-metastore.ts';
import { kafkaBrokers } from './kafka-brokers.ts';
import { ownProcesses } from './own-processes.ts';
import { requireFreePorts } from './ports.ts';
import { RunningComponent } from './running-component.ts';
import { StackRecord } from './stack-record.ts';
import { stopProcess } from './stop-process.ts';
import { temporalServer } from './temporal-server.ts';
import { checkTools } from './toolchain.ts';

/** Marks a folder as a home of Sluice's, so that nothing else is ever purged. */
export const HOME_MARKER = 'sluice-home';
const LEFTOVER_STOP_LIMIT_MS = 10_000;
const TOPIC_PARTITIONS = 3;
const TOPIC_REPLICATION = 3;

export interface StackOptions {
  /** Sluice's own processes to run beside the services. */
  readonly own: readonly ('worker' | 'collector' | 'dashboard')[];
  readonly simulatedServers: number;
  /** For Sluice's own processes, beside this process's environment: tests keep their settings there. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly progress: Progress;
}

/** Everything that runs here: services that are not given, and Sluice's own processes. */
export class Stack {
  readonly #running: RunningComponent[] = [];
  readonly #settings: Settings;
  readonly #options: StackOptions;
  readonly #record: StackRecord;

  private constructor(settings: Settings, options: StackOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#record = new StackRecord(settings.home);
  }

  /**
   * Starts all of it, or nothing: what a crash left behind is stopped first, and a failure stops what had been started.
   * @throws SluiceError TOOL_MISSING, PORT_BUSY, SERVICE_FAILED
   */
  static async start(settings: Settings, options: StackOptions): Promise<Stack> {
    requireTools(settings);
    mkdirSync(settings.home, { recursive: true });
    writeFileSync(
      join(settings.home, HOME_MARKER),
      'State of a local Sluice stack; `sluice down --purge` deletes it.\n',
    );
    const stack = new Stack(settings, options);
    await stopLeftovers(settings, options.progress);
    try {
      await stack.#startAll();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  component(name: string): RunningComponent {
    const found = this.#running.find((running) => running.component.name === name);
    if (found === undefined) throw new SluiceError('USAGE', `The stack runs no component "${name}".`);
    return found;
  }

  /** Stops everything, last started first. */
  async stop(): Promise<void> {
    const { progress } = this.#options;
    // What feeds and what reads stops before what it needs; nodes of one kind stop together.
    const levels = [['collector', 'dashboard'], ['worker'], ['metastore', 'temporal', 'kafka-1', 'kafka-2', 'kafka-3']];
    for (const level of levels) {
      const stopping = this.#running.filter(({ component }) => level.includes(component.name));
      await Promise.all(stopping.map((running) => running.stop()));
    }
    if (this.#running.length > 0) progress('Everything has stopped.');
    this.#running.length = 0;
  }

  async #startAll(): Promise<void> {
    const { kafka, temporal, metastore } = this.#settings;
    const services: Component[] = [
      ...(temporal.given ? [] : [temporalServer(this.#settings)]),
      ...(kafka.given ? [] : kafkaBrokers(this.#settings)),
      ...(metastore.given ? [] : [hiveMetastore(this.#settings)]),
    ];
    const own = this.#ownProcesses();
    await requireFreePorts([...services, ...own]);
    await this.#prepare(services);
    await Promise.all(services.map((component) => this.#startOne(component)));
    if (!kafka.given) await this.#createTopics();
    await Promise.all(own.map((component) => this.#startOne(component)));
  }

  /** One after the other within a kind, so that nodes share what the first has fetched. */
  async #prepare(services: readonly Component[]): Promise<void> {
    const kinds = Map.groupBy(services, ({ name }) => name.replace(/-\d+$/, ''));
    await Promise.all(
      [...kinds.values()].map(async (components) => {
        for (const component of components) await component.prepare?.(this.#options.progress);
      }),
    );
  }

  #ownProcesses(): Component[] {
    const topic = loadDefinitions(this.#settings.tablesFolder)[0]?.source.topic ?? 'server-health';
    const { own, simulatedServers, environment = {} } = this.#options;
    const processes = ownProcesses(this.#settings, { topic, simulatedServers, environment });
    return own.map((name) => processes[name]);
  }

  async #startOne(component: Component): Promise<void> {
    const log = join(this.#settings.home, 'logs', `${component.name}.log`);
    const running = new RunningComponent(component, log, this.#record, this.#options.progress);
    this.#running.push(running);
    await running.start();
  }

  async #createTopics(): Promise<void> {
    for (const definition of loadDefinitions(this.#settings.tablesFolder)) {
      await ensureTopic(this.#settings.kafka, {
        topic: definition.source.topic,
        partitions: TOPIC_PARTITIONS,
        replicationFactor: TOPIC_REPLICATION,
      });
    }
  }
}

/** Stops what a supervisor that crashed left running in this home. */
export async function stopLeftovers(settings: Settings, progress: Progress): Promise<number> {
  const record = new StackRecord(settings.home);
  const leftovers = record.running().filter(({ pid }) => pid !== process.pid);
  for (const { name } of leftovers) progress(`${name}: found running from before; stopping it`);
  await Promise.all(leftovers.map((leftover) => stopProcess(leftover, LEFTOVER_STOP_LIMIT_MS)));
  for (const { name } of leftovers) record.remove(name);
  return leftovers.length;
}

function requireTools(settings: Settings): void {
  const missing = checkTools(settings).filter(({ ok }) => !ok);
  if (missing.length === 0) return;
  const lines = missing.map(({ tool, neededFor, remedy }) => `- ${tool}, needed for ${neededFor}. ${remedy}`);
  throw new SluiceError('TOOL_MISSING', `Before Sluice can start, this machine needs:\n${lines.join('\n')}`, {
    remedy: '`sluice doctor` checks again.',
  });
}
