/** Names of everything that Sluice keeps in a table's folder (DESIGN: "The table"). All are relative to that folder. */

/** Numbers in names have leading zeros, so that names sort as their numbers do. */
export function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

export const LOG_FOLDER = '_delta_log';
export const PLANS_FOLDER = '_sluice/plans';

export function planPath(sequence: number, revision: number): string {
  return `${PLANS_FOLDER}/${pad(sequence, 10)}.${revision}.json`;
}

/** What one part of a batch became, where it has several. */
export function manifestPath(sequence: number, revision: number, shard: number): string {
  return `_sluice/manifests/${pad(sequence, 10)}.${revision}-${shard}.json`;
}

export function sealPath(sequence: number): string {
  return `_sluice/seals/${pad(sequence, 10)}.json`;
}

/** A file that an attempt at a batch writes. `attempt` is unique to the attempt, so no two ever share a name. */
export function batchFilePath(
  batch: { sequence: number; revision: number; shard: number },
  attempt: string,
  index: number,
): string {
  return `data/b${pad(batch.sequence, 10)}-${batch.revision}-${batch.shard}-${attempt}-${index}.parquet`;
}

export function logEntryPath(version: number): string {
  return `${LOG_FOLDER}/${pad(version, 20)}.json`;
}

export function checkpointPath(version: number): string {
  return `${LOG_FOLDER}/${pad(version, 20)}.checkpoint.parquet`;
}

export function definitionPath(hash: string): string {
  return `_sluice/definitions/${hash}.json`;
}

export const LOSSES_FOLDER = '_sluice/losses';

export function lossPath(sequence: number): string {
  return `${LOSSES_FOLDER}/${pad(sequence, 10)}.json`;
}

export const CERTIFICATES_FOLDER = '_sluice/certificates';

export function certificatePath(number: number): string {
  return `${CERTIFICATES_FOLDER}/${pad(number, 10)}.json`;
}

export const AUDITS_FOLDER = '_sluice/audits';

/** What an audit found; `auditId` is unique to the audit, and begins with when it began. */
export function auditReportPath(auditId: string): string {
  return `${AUDITS_FOLDER}/${auditId}.json`;
}

export const BACKFILLS_FOLDER = '_sluice/backfills';

/** Plan of a backfill; its number is its id. */
export function backfillPlanPath(number: number): string {
  return `${BACKFILLS_FOLDER}/${pad(number, 10)}.json`;
}

/** Folder of all else that a backfill keeps. Its units, merges and staged files are of no use once the backfill has ended. */
export function backfillFolder(number: number): string {
  return `${BACKFILLS_FOLDER}/${pad(number, 10)}`;
}

export function backfillUnitPath(number: number, unit: number): string {
  return `${backfillFolder(number)}/units/${pad(unit, 6)}.json`;
}

/** A file that an attempt at a unit writes, of the table's rows or of rejected ones. */
export function stagedFilePath(
  { number, unit, kind }: { number: number; unit: number; kind: 'rows' | 'rejected' },
  attempt: string,
  index: number,
): string {
  return `${backfillFolder(number)}/staged/${pad(unit, 6)}-${kind}-${attempt}-${index}.parquet`;
}

/** A file that a backfill reads its records from, brought along by who has asked for it. */
export function broughtFilePath(number: number): string {
  return `${backfillFolder(number)}/staged/source.parquet`;
}
