import { finding, type Finding, type FindingKind } from './finding.ts';
import { describeRanges, OffsetLedger } from './offset-ledger.ts';

/** A live file that is missing, changed or unreadable, and which records it held by the log's statistics. */
export interface BrokenFile {
  readonly finding: Finding;
  /** From the storage's root: the two tables may have files of one name. */
  readonly storagePath: string;
  readonly rows: number;
  /** Inclusive bounds; undefined where the log has no statistics of them. */
  readonly partitions: readonly [number, number] | undefined;
  readonly offsets: readonly [bigint, bigint] | undefined;
}

export type RecordFindingKind = Extract<FindingKind, `${'' | 'archive_'}record_${string}` | `row_${string}`>;

/** What a missing record is called: it is in no table, or not in the archive. */
export type MissingKind = Extract<RecordFindingKind, `${string}record_missing`>;

interface Entry {
  readonly kind: RecordFindingKind;
  readonly table: string;
  readonly partition: number;
  readonly ledger: OffsetLedger;
  readonly columns: Set<string>;
}

interface Blame {
  readonly file: BrokenFile;
  readonly missing: OffsetLedger;
  readonly wrong: OffsetLedger;
  readonly columns: Set<string>;
}

/**
 * Findings about records, gathered window by window in rising order of offsets. What follows from a broken file is told
 * with that file and not again: rows that lie in it, and missing records that it can have held.
 */
export class RecordFindings {
  readonly #entries = new Map<string, Entry>();
  readonly #blames = new Map<string, Blame>();
  readonly #missing: MissingKind;

  constructor(missing: MissingKind = 'record_missing') {
    this.#missing = missing;
  }

  /** From now on records may be missing or wrong because of this file. */
  blame(file: BrokenFile): void {
    if (this.#blames.has(file.storagePath)) return;
    const blame = { file, missing: new OffsetLedger(), wrong: new OffsetLedger(), columns: new Set<string>() };
    this.#blames.set(file.storagePath, blame);
  }

  /** Broken files of one table, relative to its folder. */
  brokenPaths(table: string): ReadonlySet<string> {
    const findings = [...this.#blames.values()].map(({ file }) => file.finding);
    return new Set(findings.flatMap((found) => (found.table === table && found.path !== null ? [found.path] : [])));
  }

  /** Records at each of these offsets that are not where they must be. */
  addMissing(table: string, partition: number, from: bigint, to: bigint): void {
    let at = from;
    for (const { file, missing } of this.#blames.values()) {
      const held = overlap(file, partition, at, to, file.rows - missing.records);
      if (held === undefined) continue;
      if (held.from > at) this.#add(this.#missing, table, partition, at, held.from, []);
      missing.add(partition, held.from, held.to, Number(held.to - held.from));
      at = held.to;
      if (at === to) return;
    }
    this.#add(this.#missing, table, partition, at, to, []);
  }

  /** A row at each of these offsets, in this file (undefined where it is not one file's doing). */
  add(
    kind: Exclude<RecordFindingKind, MissingKind>,
    where: { readonly table: string; readonly storagePath: string | undefined },
    offsets: { readonly partition: number; readonly from: bigint; readonly to: bigint },
    columns: readonly string[] = [],
  ): void {
    const { partition, from, to } = offsets;
    const blame = where.storagePath === undefined ? undefined : this.#blames.get(where.storagePath);
    if (blame === undefined) {
      this.#add(kind, where.table, partition, from, to, columns);
      return;
    }
    blame.wrong.add(partition, from, to, Number(to - from));
    for (const column of columns) blame.columns.add(column);
  }

  /** True where no record is missing, doubled or wrong, whatever the cause. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#blames.size === 0;
  }

  findings(): Finding[] {
    const files = [...this.#blames.values()].map(blamed);
    const records = [...this.#entries.values()].map(({ kind, table, partition, ledger, columns }) => {
      const listed = ledger.listed();
      const where = describeRanges(partition, listed.ranges, listed.rangesOmitted);
      return finding(kind, table, `${WORDS[kind](listed.records)}: ${where}.`, { ...listed, columns: [...columns] });
    });
    return [...files, ...records];
  }

  #add(
    kind: RecordFindingKind,
    table: string,
    partition: number,
    from: bigint,
    to: bigint,
    columns: readonly string[],
  ): void {
    const key = `${kind}/${table}/${partition}`;
    const entry = this.#entries.get(key) ?? { kind, table, partition, ledger: new OffsetLedger(), columns: new Set() };
    this.#entries.set(key, entry);
    entry.ledger.add(partition, from, to, Number(to - from));
    for (const column of columns) entry.columns.add(column);
  }
}

/** The part of the offsets that a file can have held, as long as it has rows left to account for. */
function overlap(
  { partitions, offsets }: BrokenFile,
  partition: number,
  from: bigint,
  to: bigint,
  rowsLeft: number,
): { from: bigint; to: bigint } | undefined {
  if (partitions === undefined || offsets === undefined || rowsLeft <= 0) return undefined;
  if (partition < partitions[0] || partition > partitions[1]) return undefined;
  const first = from > offsets[0] ? from : offsets[0];
  let end = to <= offsets[1] ? to : offsets[1] + 1n;
  if (end - first > BigInt(rowsLeft)) end = first + BigInt(rowsLeft);
  return end > first ? { from: first, to: end } : undefined;
}

function blamed({ file, missing, wrong, columns }: Blame): Finding {
  const gone = missing.listed();
  const bad = wrong.listed();
  const consequences = [
    ...(gone.records > 0 ? [`${gone.records} of its records are in no other file`] : []),
    ...(bad.records > 0 ? [`${bad.records} of its rows are not what their records say`] : []),
  ];
  const message = [file.finding.message.replace(/\.$/, ''), ...consequences].join('; ');
  return {
    ...file.finding,
    message: `${message}.`,
    records: gone.records + bad.records,
    ranges: [...gone.ranges, ...bad.ranges],
    rangesOmitted: gone.rangesOmitted + bad.rangesOmitted,
    columns: [...columns],
  };
}

const WORDS: Readonly<Record<RecordFindingKind, (records: number) => string>> = {
  record_missing: (records) => `${records} records of Kafka are in no table`,
  record_duplicated: (records) => `${records} records are in the tables more than once`,
  row_differs: (records) => `${records} rows do not hold what their records say`,
  row_in_wrong_table: (records) => `${records} records lie in the wrong one of the two tables`,
  archive_record_missing: (records) => `${records} records that were to be archived are not in the archive`,
  archive_record_duplicated: (records) => `${records} records are in the archive more than once`,
  archive_record_differs: (records) => `${records} archived records are not what Kafka has`,
  archive_record_unexpected: (records) =>
    `${records} archived records name offsets that are not committed or have no record`,
  row_unexpected: (records) => `${records} rows name offsets that are not committed or have no record`,
};
