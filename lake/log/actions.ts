import type { LostRange } from '../../plans/batch.ts';

/**
 * Actions of the Delta Lake transaction log (protocol reader 1, writer 2), as far as Sluice writes them; see
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions.
 */
export interface AddFile {
  /** Relative to the table's folder, URI-encoded. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** A JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface RemoveFile {
  readonly path: string;
  readonly deletionTimestamp: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: Readonly<Record<string, string>>;
  readonly size?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** How far an application has come: what makes a commit happen once. */
export interface Transaction {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number;
}

export interface MetaData {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: { readonly provider: 'parquet'; readonly options: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number;
}

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

/** Free-form by the protocol; `sluice` is ours. */
export interface CommitInfo {
  /** When the commit was made, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly operation: string;
  readonly operationParameters?: Readonly<Record<string, string>>;
  readonly sluice?: SluiceCommitInfo;
}

/** What Sluice notes with a batch's commit, for status and dashboard. */
export interface SluiceCommitInfo {
  readonly sequence: number;
  readonly revision: number;
  readonly rows: number;
  readonly rejected: number;
  /** Offsets that the batch passes over, by an operator's decision. */
  readonly lost?: readonly LostRange[];
  /** Unknown fields of the batch's records, by name, with how many records had them. */
  readonly unknownFields: Readonly<Record<string, number>>;
  /** Versions that have been published to Hive since the commit before, and when. */
  readonly published: readonly { readonly version: number; readonly atMs: number }[];
}

/** One line of a log entry: exactly one of the keys is there. */
export interface Action {
  readonly add?: AddFile;
  readonly remove?: RemoveFile;
  readonly txn?: Transaction;
  readonly metaData?: MetaData;
  readonly protocol?: Protocol;
  readonly commitInfo?: CommitInfo;
}

export function encodeActions(actions: readonly Action[]): Buffer {
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

/** @throws SyntaxError where a line is no JSON */
export function decodeActions(bytes: Buffer): Action[] {
  const lines = bytes.toString('utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Action);
}
