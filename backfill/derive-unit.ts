import { withoutArchive } from '../definition/table-definition.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BatchRequest, WrittenFile } from '../engines/engine.ts';
import { type BackfillUnit, offsetsIn, unitsOf } from '../plans/backfill.ts';
import type { BatchPlan, DataFile, PlannedRange } from '../plans/batch.ts';
import { stagedFilePath } from '../plans/table-paths.ts';
import { heldRecords } from './record-source.ts';
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

/** Hears how far the engine is. */
type Report = BatchRequest['report'];

/**
 * Derives one unit's records anew, into files beside the table that nobody looks at. The first attempt to end decides what the
 * unit became; one that is done is not done again.
 */
export async function deriveUnit(
  parts: BackfillParts,
  input: UnitInput,
  signal: AbortSignal,
  report?: Report,
): Promise<UnitOutcome> {
  const backfill = await openBackfill(parts, input);
  const ranges = unitsOf(backfill.plan)[input.unit];
  if (ranges === undefined) {
    throw new SluiceError('INTERNAL', `Backfill ${input.number} of ${input.table} has no unit ${input.unit}.`);
  }
  const done = await backfill.files.readUnit(input.number, input.unit);
  const { rows, rejectedRows } = done ?? (await derive(parts, backfill, input, ranges, signal, report));
  return { rows, rejectedRows };
}

/** Engines say so of what is too much at once. */
const TOO_MUCH = new Set<ErrorCode>(['BATCH_TOO_LARGE', 'LIMIT_EXCEEDED']);

type Derived = Omit<BackfillUnit, 'format' | 'unit' | 'attempt'>;

async function derive(
  parts: BackfillParts,
  backfill: OpenBackfill,
  { number, unit }: UnitInput,
  ranges: readonly PlannedRange[],
  signal: AbortSignal,
  report: Report,
): Promise<BackfillUnit> {
  const attempt = parts.attemptName();
  const derived = await deriveRanges({ ...parts, backfill, unit, signal, report }, ranges);
  return backfill.files.createUnit(number, { format: 1, unit, attempt, ...derived });
}

interface UnitParts extends BackfillParts {
  readonly backfill: OpenBackfill;
  readonly unit: number;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** What is too much at once is derived in halves. */
async function deriveRanges(parts: UnitParts, ranges: readonly PlannedRange[]): Promise<Derived> {
  try {
    return await deriveAtOnce(parts, ranges);
  } catch (thrown) {
    const offsets = Number(offsetsIn(ranges));
    if (!(thrown instanceof SluiceError) || !TOO_MUCH.has(thrown.code) || offsets <= 1) throw thrown;
    const [half = [], rest = []] = unitsOf({ ranges, unitOffsets: Math.ceil(offsets / 2) });
    const first = await deriveRanges(parts, half);
    const second = await deriveRanges(parts, rest);
    return {
      rows: first.rows + second.rows,
      files: [...first.files, ...second.files],
      rejectedRows: first.rejectedRows + second.rejectedRows,
      rejectedFiles: [...first.rejectedFiles, ...second.rejectedFiles],
      fetchedBytes: first.fetchedBytes + second.fetchedBytes,
    };
  }
}

async function deriveAtOnce(parts: UnitParts, ranges: readonly PlannedRange[]): Promise<Derived> {
  const { backfill, unit, signal, report } = parts;
  const { plan, main } = backfill;
  const definition = withoutArchive(backfill.definition);
  const { number, engine = 'duckdb' } = plan;
  const held = await heldRecords(parts, backfill);
  const attempt = parts.attemptName();
  const stage = (written: readonly WrittenFile[], kind: 'rows' | 'rejected'): WrittenFile[] =>
    written.map((file, index) => ({ ...file, path: stagedFilePath({ number, unit, kind }, attempt, index) }));
  return parts.storage.withScratchFolder(async (scratchFolder) => {
    const batch: BatchPlan = { ...plan, sequence: 0, revision: 0, ranges, nextOffsets: {}, engine };
    const result = await parts.engine.write({
      ...{ plan: batch, purpose: `backfill ${number}`, definition, attempt, scratchFolder, signal },
      ...(report === undefined ? {} : { report }),
      ...(held === undefined ? {} : { held }),
    });
    const rows = stage(result.files, 'rows');
    const rejected = stage(result.rejectedFiles, 'rejected');
    await parts.storage.addFiles(
      [...rows, ...rejected].map(({ localPath, path }) => ({ localPath, path: `${main.shape.path}/${path}` })),
    );
    return {
      rows: result.rows,
      files: rows.map(stagedFile),
      rejectedRows: result.rejectedRows,
      rejectedFiles: rejected.map(stagedFile),
      fetchedBytes: result.fetchedBytes,
    };
  });
}

/** Where it lies on this machine is nobody else's business. */
function stagedFile({ path, partitionValues, sizeBytes, rows, stats }: DataFile): DataFile {
  return { path, partitionValues, sizeBytes, rows, stats };
}
