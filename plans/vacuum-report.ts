import { many } from './amounts.ts';
import { VACUUM_REASONS, type VacuumReason } from './vacuum.ts';

const MIB = 1024 ** 2;

/** Partitions that a report names; histories hold it. */
export const MAX_UNSETTLED_NAMED = 100;

/** A file that a vacuum has looked at; its path is relative to the table's folder. */
export interface JudgedFile {
  readonly table: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly reason: VacuumReason;
}

export interface FileTally {
  readonly files: number;
  readonly sizeBytes: number;
}

/** What became of one of a definition's two tables. */
export interface VacuumedTable {
  readonly table: string;
  /** Version of the log that decided; -1 for a log that has not begun. */
  readonly version: number;
  /** Partitions of which nothing was deleted, since Hive does not have them where the log says: the first ones. */
  readonly unsettled: readonly string[];
  readonly unsettledTotal: number;
  /** Files that were looked at, by the reason for which they were deleted or kept. */
  readonly reasons: Readonly<Partial<Record<VacuumReason, FileTally>>>;
}

/** What `sluice vacuum --json` prints; the shape is stable. */
export interface VacuumReport {
  readonly table: string;
  /** True where nothing was deleted: what would be is told. */
  readonly dryRun: boolean;
  readonly tables: readonly VacuumedTable[];
}

/** Counts files by reason. */
export class ReasonTally {
  readonly reasons: Partial<Record<VacuumReason, FileTally>> = {};

  add(reason: VacuumReason, sizeBytes: number): void {
    const { files, sizeBytes: before } = this.reasons[reason] ?? { files: 0, sizeBytes: 0 };
    this.reasons[reason] = { files: files + 1, sizeBytes: before + sizeBytes };
  }
}

/** What was deleted, or would be, of both tables together. */
export function deletedBy({ tables }: Pick<VacuumReport, 'tables'>): FileTally {
  return sumOf(tables.flatMap(({ reasons }) => talliesOf(reasons, true).map(({ tally }) => tally)));
}

/** A report for people, line by line. */
export function vacuumInWords({ dryRun, tables }: Pick<VacuumReport, 'dryRun' | 'tables'>): string[] {
  const gone = dryRun ? 'would be deleted' : 'deleted';
  return tables.flatMap(({ table, reasons, unsettledTotal }) => [
    ...talliesOf(reasons, true).map((one) => lineOf(table, gone, one)),
    ...talliesOf(reasons, false).map((one) => lineOf(table, 'kept', one)),
    ...(unsettledTotal === 0
      ? []
      : [
          `${table}: Hive does not have ${many(unsettledTotal, 'partition')} where the log says; what lies there is left for the next time.`,
        ]),
  ]);
}

interface ReasonCount {
  readonly reason: VacuumReason;
  readonly tally: FileTally;
}

function talliesOf(reasons: VacuumedTable['reasons'], deleted: boolean): ReasonCount[] {
  const counts = Object.entries(reasons).map(([reason, tally]) => ({ reason: reason as VacuumReason, tally }));
  return counts.filter(({ reason }) => VACUUM_REASONS[reason].deletes === deleted);
}

function lineOf(table: string, what: string, { reason, tally: { files, sizeBytes } }: ReasonCount): string {
  return `${table}: ${many(files, 'file')} (${(sizeBytes / MIB).toFixed(1)} MiB) ${what}: ${reason}, ${VACUUM_REASONS[reason].meaning}.`;
}

function sumOf(tallies: readonly FileTally[]): FileTally {
  return tallies.reduce(
    (sum, { files, sizeBytes }) => ({ files: sum.files + files, sizeBytes: sum.sizeBytes + sizeBytes }),
    { files: 0, sizeBytes: 0 },
  );
}
