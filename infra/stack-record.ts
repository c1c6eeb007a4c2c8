import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** What is known of a process that the stack started, kept in a file so that it outlives the one who started it. */
export interface ProcessRecord extends ProcessIdentity {
  readonly name: string;
  readonly log: string;
}

export const SUPERVISOR = 'supervisor';

/** The records of a home: one file a process, `<home>/run/<name>.json`. */
export class StackRecord {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, 'run');
  }

  write(name: string, pid: number, log: string): ProcessRecord | undefined {
    const identity = identify(pid);
    if (identity === undefined) return undefined;
    const record: ProcessRecord = { ...identity, name, log };
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(this.#file(name), JSON.stringify(record));
    return record;
  }

  remove(name: string): void {
    rmSync(this.#file(name), { force: true });
  }

  /** Those that still run. */
  running(): ProcessRecord[] {
    return this.#names()
      .map((name) => this.read(name))
      .filter((record) => record !== undefined)
      .filter(isRunning);
  }

  read(name: string): ProcessRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.#file(name), 'utf8')) as ProcessRecord;
    } catch {
      return undefined;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length));
    } catch {
      return [];
    }
  }

  #file(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}
