import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** What is known of a process that the stack started, kept in a file so that it outlives the one who started it. */
export interface ProcessRecord extends ProcessIdentity {
  readonly name: string;
  readonly log: string;
  readonly ports: readonly number[];
}

/** What is known of the process that runs the stack. */
export interface SupervisorRecord extends ProcessRecord {
  readonly state: 'starting' | 'up' | 'stopping';
  readonly addresses: StackAddresses;
}

/** Where to look at what runs, as URLs. */
export interface StackAddresses {
  readonly dashboard: string | null;
  readonly temporalUi: string;
  readonly lake: string;
}

export const SUPERVISOR = 'supervisor';

/** The records of a home: one file a process, `<home>/run/<name>.json`. */
export class StackRecord {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, 'run');
  }

  /** Undefined where the process has ended already. */
  write(name: string, pid: number, log: string, ports: readonly number[] = []): ProcessRecord | undefined {
    const identity = identify(pid);
    if (identity === undefined) return undefined;
    const record: ProcessRecord = { ...identity, name, log, ports };
    this.#put(name, record);
    return record;
  }

  /** This process is the one that runs the stack. */
  writeSupervisor(log: string, state: SupervisorRecord['state'], addresses: StackAddresses): void {
    const identity = identify(process.pid);
    if (identity === undefined) throw new Error('this process is not in /proc');
    this.#put(SUPERVISOR, { ...identity, name: SUPERVISOR, log, ports: [], state, addresses });
  }

  /** The supervisor, where it still runs. */
  supervisor(): SupervisorRecord | undefined {
    const record = this.read(SUPERVISOR) as SupervisorRecord | undefined;
    return record !== undefined && isRunning(record) ? record : undefined;
  }

  remove(name: string): void {
    rmSync(this.#file(name), { force: true });
  }

  /** Those that still run. */
  running(): ProcessRecord[] {
    return this.all().filter(isRunning);
  }

  all(): ProcessRecord[] {
    return this.#names()
      .map((name) => this.read(name))
      .filter((record) => record !== undefined);
  }

  read(name: string): ProcessRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.#file(name), 'utf8')) as ProcessRecord;
    } catch {
      return undefined;
    }
  }

  /** Whole or not at all: others read it at any time. */
  #put(name: string, record: ProcessRecord | SupervisorRecord): void {
    mkdirSync(this.#folder, { recursive: true });
    const temporary = `${this.#file(name)}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(record));
    renameSync(temporary, this.#file(name));
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
