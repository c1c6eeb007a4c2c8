import { SluiceError } from '../errors/sluice-error.ts';
import type { WrittenFile } from '../engines/engine.ts';
import { type BackfillUnit, unitsOf } from '../plans/backfill.ts';
import type { DataFile, PlannedRange } from '../plans/batch.ts';
import { stagedFilePath } from '../plans/table-paths.ts';
import { type BackfillInput, type BackfillParts, openBackfill, type OpenBackfill } from './open-backfill.ts';

export interface UnitInput extends BackfillInput {
  /** Index into the plan's units. */
  readonly unit: number;
}

/** What a unit came to. */
export interface UnitOutcome {
  readonly rows: number;
  readonly rejectedRows: number;
}

/**
 * Derives one unit's records anew, into files beside the table that nobody looks at. The first attempt to end decides what the
 * unit became; one that is done is not done again.
 */
export async function deriveUnit(parts: BackfillParts, input: UnitInput, signal: AbortSignal): Promise<UnitOutcome> {
  const backfill = await openBackfill(parts, input);
  const range = unitsOf(backfill.plan)[input.unit];
  if (range === undefined) {
    throw new SluiceError('INTERNAL', `Backfill ${input.number} of ${input.table} has no unit ${input.unit}.`);
  }
  const done = await backfill.files.readUnit(input.number, input.unit);
  const { rows, rejectedRows } = done ?? (await derive(parts, backfill, input, range, signal));
  return { rows, rejectedRows };
}

async function derive(
  parts: BackfillParts,
  backfill: OpenBackfill,
  { number, unit }: UnitInput,
  range: PlannedRange,
  signal: AbortSignal,
): Promise<BackfillUnit> {
  const { plan, definition, files, main } = backfill;
  const attempt = parts.attemptName();
  const stage = (written: readonly WrittenFile[], kind: 'rows' | 'rejected'): WrittenFile[] =>
    written.map((file, index) => ({ ...file, path: stagedFilePath({ number, unit, kind }, attempt, index) }));
  return parts.storage.withScratchFolder(async (scratchFolder) => {
    const batch = { ...plan, sequence: 0, revision: 0, ranges: [range], nextOffsets: {}, engine: definition.engine };
    const result = await parts.engine.write({ plan: batch, definition, attempt, scratchFolder, signal });
    const rows = stage(result.files, 'rows');
    const rejected = stage(result.rejectedFiles, 'rejected');
    await parts.storage.addFiles(
      [...rows, ...rejected].map(({ localPath, path }) => ({ localPath, path: `${main.shape.path}/${path}` })),
    );
    return files.createUnit(number, {
      format: 1,
      unit,
      attempt,
      rows: result.rows,
      files: rows.map(stagedFile),
      rejectedRows: result.rejectedRows,
      rejectedFiles: rejected.map(stagedFile),
      fetchedBytes: result.fetchedBytes,
    });
  });
}

/** Where it lies on this machine is nobody else's business. */
function stagedFile({ path, partitionValues, sizeBytes, rows, stats }: DataFile): DataFile {
  return { path, partitionValues, sizeBytes, rows, stats };
}
