/** A finding is an error where readers get wrong answers, a warning where they may, a notice where they do not. */
export type Severity = 'error' | 'warning' | 'notice';

/**
 * Who may mend a finding without guessing. `republish`: the Hive view follows from the log, so `--repair` makes it again.
 * `vacuum`: deleting is vacuum's alone. `none`: somebody has to decide.
 */
export type Repair = 'republish' | 'vacuum' | 'none';

interface KindDescription {
  readonly severity: Severity;
  readonly repair: Repair;
  /** What it means, for people. */
  readonly meaning: string;
}

/** Everything that an audit can find. The list is closed; docs/audit.md says what to do about each. */
export const FINDING_KINDS = {
  record_missing: {
    severity: 'error',
    repair: 'none',
    meaning: 'Kafka holds records of committed offsets that are neither in the table nor in its rejected table.',
  },
  record_duplicated: {
    severity: 'error',
    repair: 'none',
    meaning: 'A record is in the table and its rejected table more than once, together.',
  },
  row_differs: {
    severity: 'error',
    repair: 'none',
    meaning: 'A row does not hold what its record says.',
  },
  row_in_wrong_table: {
    severity: 'error',
    repair: 'none',
    meaning: 'A record that is fit for the table lies in the rejected table, or the other way round.',
  },
  row_unexpected: {
    severity: 'error',
    repair: 'none',
    meaning: 'A row names an offset that is not committed, or at which Kafka has no record.',
  },
  file_missing: {
    severity: 'error',
    repair: 'none',
    meaning: 'A file that the log calls live is not in storage.',
  },
  file_changed: {
    severity: 'error',
    repair: 'none',
    meaning: 'A live file has another size or number of rows than the log says, or cannot be read.',
  },
  file_unreferenced: {
    severity: 'notice',
    repair: 'vacuum',
    meaning: 'Files that neither log nor Hive refers to, and that can never be committed any more.',
  },
  offsets_expired: {
    severity: 'notice',
    repair: 'none',
    meaning: 'Kafka no longer has the records of these offsets: their rows can be counted, but not compared.',
  },
  offsets_given_up: {
    severity: 'notice',
    repair: 'none',
    meaning: 'An operator has decided that the table goes on without the records of these offsets.',
  },
  archive_record_missing: {
    severity: 'error',
    repair: 'none',
    meaning: 'A record that is in the table or its rejected table, and was to be archived, is not in the archive.',
  },
  archive_record_duplicated: {
    severity: 'error',
    repair: 'none',
    meaning: 'A record is in the archive more than once.',
  },
  archive_record_differs: {
    severity: 'error',
    repair: 'none',
    meaning: 'The archive does not hold a record as Kafka has it.',
  },
  archive_record_unexpected: {
    severity: 'error',
    repair: 'none',
    meaning: 'The archive holds an offset that is not committed, or at which Kafka has no record.',
  },
  certificate_broken: {
    severity: 'warning',
    repair: 'none',
    meaning: 'Rows that an earlier audit certified are not what they were.',
  },
  hive_table_missing: {
    severity: 'error',
    repair: 'republish',
    meaning: 'The metastore has no such table.',
  },
  hive_table_wrong: {
    severity: 'error',
    repair: 'none',
    meaning: 'The metastore has another table of this name.',
  },
  hive_table_outdated: {
    severity: 'error',
    repair: 'republish',
    meaning: 'Columns are missing from the table in the metastore, or too narrow there.',
  },
  hive_partition_missing: {
    severity: 'error',
    repair: 'republish',
    meaning: 'A partition that has live rows is not in the metastore.',
  },
  hive_partition_unexpected: {
    severity: 'error',
    repair: 'republish',
    meaning: 'The metastore has a partition without live rows.',
  },
  hive_partition_misplaced: {
    severity: 'error',
    repair: 'republish',
    meaning: 'A partition’s LOCATION is not the directory of its live files.',
  },
  hive_partition_outdated: {
    severity: 'notice',
    repair: 'republish',
    meaning:
      'A partition’s description in the metastore lacks columns, or has them narrower; it gets them when rows next come to it.',
  },
  hive_file_missing: {
    severity: 'error',
    repair: 'republish',
    meaning: 'A live file is not in the directory where Hive reads its partition.',
  },
  hive_file_unexpected: {
    severity: 'error',
    repair: 'none',
    meaning: 'A file that is not live lies where Hive reads a partition, and is read.',
  },
  hive_file_changed: {
    severity: 'error',
    repair: 'none',
    meaning: 'The file that Hive reads is not of the size that the log says.',
  },
} as const satisfies Readonly<Record<string, KindDescription>>;

export type FindingKind = keyof typeof FINDING_KINDS;

/** Offsets of one Kafka partition, from `fromOffset` up to and without `toOffset`, as decimal texts. */
export interface FoundRange {
  readonly partition: number;
  readonly fromOffset: string;
  readonly toOffset: string;
  /** Records or rows in it that the finding is about; offsets are not dense. */
  readonly records: number;
}

/** One finding, as `sluice audit --json` prints it; the shape is stable. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly repair: Repair;
  /** The table it is about: the audited one or its rejected table. */
  readonly table: string;
  /** What is wrong, in words. */
  readonly message: string;
  /** A file, relative to the table's folder. */
  readonly path: string | null;
  /** A Hive partition's name. */
  readonly hivePartition: string | null;
  /** Records that it is about; 0 where it is not about records. */
  readonly records: number;
  /** The first ranges of them; `rangesOmitted` are not listed. */
  readonly ranges: readonly FoundRange[];
  readonly rangesOmitted: number;
  /** Columns that differ. */
  readonly columns: readonly string[];
  /** Age of the oldest file that it is about. */
  readonly ageMs: number | null;
}

/** A finding of its kind's severity and repair; what is not given is empty. */
export function finding(
  kind: FindingKind,
  table: string,
  message: string,
  about: Partial<Omit<Finding, 'kind' | 'severity' | 'repair' | 'table' | 'message'>> = {},
): Finding {
  const { severity, repair } = FINDING_KINDS[kind];
  const nothing = {
    path: null,
    hivePartition: null,
    records: 0,
    ranges: [],
    rangesOmitted: 0,
    columns: [],
    ageMs: null,
  };
  return { kind, severity, repair, table, message, ...nothing, ...about };
}

/** What keeps two looks' findings apart: the same trouble seen twice has the same key. */
export function findingKey({ kind, table, path, hivePartition }: Finding): string {
  return JSON.stringify([kind, table, path, hivePartition]);
}
