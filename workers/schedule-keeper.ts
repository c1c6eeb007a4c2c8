import type { Client } from '@temporalio/client';
import { definitionHash, readDefinitions } from '../definition/load.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { applySchedules, deleteSchedules, lacksSchedules } from '../temporal/schedules.ts';
import { logFailure } from './run-worker.ts';

/** How often the definition files are looked at. */
export const LOOK_EVERY_MS = 10_000;

/**
 * Keeps the schedules of all tables as their definition files want them. A table whose file is wrong keeps those that it has; one
 * whose file has gone, while this process ran, loses them. Where Temporal lacks one of those that were made, its database
 * has been lost: then all are made again, and so is what else this process had there.
 */
export class ScheduleKeeper {
  readonly #client: Client;
  readonly #tablesFolder: string;
  readonly #onLost: () => Promise<void>;
  /** Hash of the definition that each table's schedules are of. */
  readonly #applied = new Map<string, string>();
  #isLossToTell = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client, tablesFolder: string, onLost: () => Promise<void>) {
    this.#client = client;
    this.#tablesFolder = tablesFolder;
    this.#onLost = onLost;
  }

  /** Looks now and then every few seconds, until the process ends. What fails is tried again the next time. */
  async start(): Promise<void> {
    await this.#look().catch((thrown: unknown) => logFailure('background', asSluiceError(thrown)));
    this.#timer = setTimeout(() => void this.start(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { definitions, failures } = readDefinitions(this.#tablesFolder);
    const applied = definitions.filter(
      (definition) => this.#applied.get(definition.table) === definitionHash(definition),
    );
    if (await lacksSchedules(this.#client, applied)) {
      this.#applied.clear();
      this.#isLossToTell = true;
    }
    if (this.#isLossToTell) await this.#onLost();
    this.#isLossToTell = false;
    for (const definition of definitions) {
      const hash = definitionHash(definition);
      if (this.#applied.get(definition.table) === hash) continue;
      await applySchedules(this.#client, definition);
      this.#applied.set(definition.table, hash);
    }
    const there = new Set([...definitions, ...failures].map(({ table }) => table));
    for (const table of this.#applied.keys()) {
      if (there.has(table)) continue;
      await deleteSchedules(this.#client, table);
      this.#applied.delete(table);
    }
  }
}
