import type { TableDefinition } from '../../definition/table-definition.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Measurement } from '../measure/measurement.ts';

/** A topic that has been filled, and what stands around it. */
export interface Arena {
  /** Of the services that run: ports, brokers, cache. */
  readonly settings: Settings;
  readonly definition: TableDefinition;
  readonly definitionText: string;
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  /** Processes that serve Sluice while it works: their time is Sluice's. */
  readonly servicePids: readonly number[];
}

/** Something that moves a topic's records into Parquet. */
export interface Contender {
  readonly name: string;
  /** Fetches and makes what it needs; none of its time counts. */
  prepare?(arena: Arena): Promise<void>;
  /**
   * Takes all records of the topic, into an empty folder.
   * @throws Error where what came out is not what the topic holds
   */
  run(arena: Arena, folder: string, run: number): Promise<Measurement>;
}
