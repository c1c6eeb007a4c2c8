import type { Clock } from '../clock/clock.ts';
import type { EngineName } from '../definition/table-definition.ts';
import type { Engine } from '../engines/engine.ts';
import type { TopicOffsets } from '../kafka/cluster.ts';
import type { TableLog, TableLogOptions } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { Instruments } from './instruments.ts';
import type { Journal } from './journal.ts';
import type { PublicationParts } from './publication.ts';
import type { Shelf } from './shelf.ts';

/** What a worker works with: opened once, shared by its activities. */
export interface IngestParts {
  readonly storage: Storage;
  readonly cluster: TopicOffsets;
  readonly engine: Engine;
  /** The engine of all new batches, whatever the definitions say. */
  readonly engineName?: EngineName | undefined;
  readonly tablesFolder: string;
  readonly clock: Clock;
  /** Names an attempt: no two of any workers may ever get the same. */
  readonly attemptName: () => string;
  readonly log?: TableLogOptions;
  /** Logs of tables as far as they were followed, by the table's path; without it each window reads them anew. */
  readonly logs?: Shelf<TableLogs>;
}

/** The logs that a batch is committed to. */
export interface TableLogs {
  readonly main: TableLog;
  readonly rejected: TableLog;
  readonly archive: TableLog;
}

/** What a worker ingests and publishes with. */
export type WindowParts = IngestParts &
  PublicationParts & {
    /** Where what is measured goes. */
    readonly instruments?: Instruments;
    /** Where is told what was done. */
    readonly journal?: Journal;
  };
