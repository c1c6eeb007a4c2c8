import type { DuckDbSession } from '../duckdb/session.ts';
import type { SluiceError } from '../errors/sluice-error.ts';
import type { Stretch } from '../plans/audit-window.ts';
import { FindingList } from '../plans/finding-list.ts';
import { RecordFindings } from '../plans/record-findings.ts';
import type { AuditParts, AuditRequest } from './audit-parts.ts';
import type { HeldTopic } from './held-topic.ts';
import { LiveReader } from './live-reader.ts';
import type { AuditedTable, TableView } from './table-view.ts';

/** What an audit is of. */
export interface AuditSubject {
  readonly parts: AuditParts;
  readonly request: AuditRequest;
  readonly table: AuditedTable;
  /** The offsets that are looked at. */
  readonly stretches: readonly Stretch[];
}

/** How many rows of the audited offsets there are in both tables. */
export interface RowCount {
  rows: number;
  rejected: number;
}

/** One of the audited tables, with how its files are read and where what is found of them is gathered. */
export interface CheckedTable {
  readonly view: TableView;
  readonly reader: LiveReader;
  readonly records: RecordFindings;
}

/** One audit under way: what it is of, and what it has found. */
export class AuditRun {
  readonly subject: AuditSubject;
  readonly session: DuckDbSession;
  readonly findings = new FindingList();
  readonly records = new RecordFindings();
  /** Of the archive: nothing that a certificate vouches for. */
  readonly archived = new RecordFindings('archive_record_missing');
  /** By Kafka partition. */
  readonly counts = new Map<number, RowCount>();
  readonly main: CheckedTable;
  readonly rejected: CheckedTable;
  /** Undefined where the definition has none. */
  readonly archive: CheckedTable | undefined;
  /** What Kafka holds, or why that is not known. */
  kafka: HeldTopic | SluiceError;

  constructor(subject: AuditSubject, session: DuckDbSession, kafka: HeldTopic | SluiceError) {
    this.subject = subject;
    this.session = session;
    this.kafka = kafka;
    const { main, rejected, archive } = subject.table;
    this.main = this.#checked(main, this.records);
    this.rejected = this.#checked(rejected, this.records);
    this.archive = archive && this.#checked(archive, this.archived);
  }

  get tables(): readonly CheckedTable[] {
    return [this.main, this.rejected, ...(this.archive === undefined ? [] : [this.archive])];
  }

  /** @throws SluiceError why it is not known */
  get held(): HeldTopic {
    if (this.kafka instanceof Error) throw this.kafka;
    return this.kafka;
  }

  #checked(view: TableView, records: RecordFindings): CheckedTable {
    const reader = new LiveReader(this.subject.parts.storage, view.shape.table, (file, found) =>
      records.blame({ ...file, finding: found }),
    );
    return { view, reader, records };
  }
}
