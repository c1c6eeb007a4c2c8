import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaBrokers } from '../../infra/kafka-brokers.ts';
import { freePorts } from '../../infra/ports.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { readSettings, type Settings } from '../../settings/settings.ts';

/** Three real brokers that a test takes away and brings back; on ports and in a home of their own. */
export class Brokers {
  readonly home = mkdtempSync(join(tmpdir(), 'sluice-collector-'));
  /** What a collector's process needs to find them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: Settings;
  #running: RunningComponent[] = [];

  private constructor(kafka: number, kafkaController: number) {
    this.environment = {
      SLUICE_HOME: this.home,
      SLUICE_CACHE: readSettings().cacheFolder,
      SLUICE_PORT_KAFKA: String(kafka),
      SLUICE_PORT_KAFKA_CONTROLLER: String(kafkaController),
    };
    this.settings = readSettings(this.environment);
  }

  static async start(): Promise<Brokers> {
    const { kafka, kafkaController } = await freePorts();
    const brokers = new Brokers(kafka, kafkaController);
    await brokers.startAll();
    return brokers;
  }

  async startAll(): Promise<void> {
    const components = kafkaBrokers(this.settings);
    for (const component of components) await component.prepare?.(() => undefined);
    const record = new StackRecord(this.home);
    this.#running = components.map(
      (component) => new RunningComponent(component, join(this.home, `${component.name}.log`), record, () => undefined),
    );
    await Promise.all(this.#running.map((running) => running.start()));
  }

  /** As when the power goes: none has time for anything. */
  async killAll(): Promise<void> {
    const stopped = this.#running.map((running) => running.stop());
    for (const running of this.#running) running.kill('SIGKILL');
    await Promise.all(stopped);
  }

  /** Kills one; it is started again at once. */
  killOne(index: number): void {
    this.#running[index]?.kill('SIGKILL');
  }

  async end(): Promise<void> {
    await this.killAll();
    rmSync(this.home, { recursive: true, force: true });
  }
}
