import type { MergeRequest, MergeResult } from '../engines/merger.ts';
import { isEnded } from '../lake/ended-backfills.ts';
import type { AddFile } from '../lake/log/actions.ts';
import { storedColumns } from '../lake/log/schema.ts';
import { mayHold, offsetBounds } from '../plans/backfill.ts';
import { newFiles, replacingFiles, type StagedRows, stagedRows, type WantedMerge } from '../plans/backfill-merge.ts';
import { turnRewriteId } from '../plans/backfill-turn.ts';
import type { DataFile } from '../plans/batch.ts';
import { decodedPath, type RewriteAttempt } from '../plans/file-place.ts';
import { partitionName } from '../plans/partition-name.ts';
import { rewriteBase } from '../plans/rewrite.ts';
import { type BackfillInput, type BackfillParts, openBackfill, type OpenBackfill, tableOf } from './open-backfill.ts';

export interface MergeInput extends BackfillInput, WantedMerge {}

/** What a merge came to. */
export interface MergeOutcome {
  readonly keptRows: number;
  readonly replacedRows: number;
  readonly newRows: number;
}

const NOTHING: MergeOutcome = { keptRows: 0, replacedRows: 0, newRows: 0 };

/**
 * Merges what was derived into one partition, from a fresh base, into files that nobody will see before the backfill is
 * committed; nothing where the backfill has ended meanwhile.
 */
export async function mergePartition(
  parts: BackfillParts,
  input: MergeInput,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  const backfill = await openBackfill(parts, input);
  const { log, columns } = tableOf(backfill, input.step);
  const staged = stagedRows(await backfill.files.units(input.number));
  // Once it has ended, a vacuum deletes what was derived: what was found is all of it only if it has not ended by now.
  if (await hasEnded(backfill)) return NOTHING;
  await log.refresh();
  const { snapshot } = log;
  const live = [...snapshot.files.values()].filter(
    (file) => partitionName(file.partitionValues, columns) === input.partition,
  );
  const candidates = live.filter((file) => mayHold(backfill.plan, file));
  const attempt = {
    baseVersion: snapshot.version,
    rewriteId: turnRewriteId(input),
    attempt: parts.attemptName(),
  };
  const result = await merge(parts, backfill, input, { staged, candidates, liveFiles: live.length, attempt, signal });
  const taken = result.taken.map((index) => candidates[index]?.path ?? '');
  const base = rewriteBase(snapshot, columns, taken, [input.values]).partitions[0];
  if (base === undefined) throw new Error(`${input.partition} is not touched`);
  const { keptRows, replacedRows, newRows } = await backfill.files.createMerge(
    input.number,
    {
      format: 1,
      step: input.step,
      base,
      examined: candidates.map(({ path }) => path),
      files: result.files.map(mergedFile),
      keptRows: result.keptRows,
      replacedRows: result.replacedRows,
      newRows: result.newRows,
    },
    input.partition,
  );
  return { keptRows, replacedRows, newRows };
}

async function hasEnded({ plan, files, rejected }: OpenBackfill): Promise<boolean> {
  if ((await files.readDecision(plan.number))?.decision === 'cancel') return true;
  await rejected.log.refresh();
  return isEnded(rejected.log, plan.number);
}

interface MergeWork {
  readonly staged: StagedRows;
  readonly candidates: readonly AddFile[];
  readonly liveFiles: number;
  readonly attempt: RewriteAttempt;
  readonly signal: AbortSignal;
}

/** Fetches what the merger reads, and puts what it wrote where its table is. */
async function merge(
  parts: BackfillParts,
  backfill: OpenBackfill,
  { step, partition, values }: MergeInput,
  { staged, candidates, liveFiles, attempt, signal }: MergeWork,
): Promise<MergeResult> {
  const { plan, main } = backfill;
  const { shape, compaction, log, columns } = tableOf(backfill, step);
  const { metaData } = log.snapshot;
  const fresh = newFiles(step, staged).filter((file) => partitionName(file.partitionValues, columns) === partition);
  const replacing = meeting(replacingFiles(step, staged), candidates);
  const complete = step === 'take' ? [] : meeting(allFiles(staged), candidates);
  const stagedPath = ({ path }: DataFile): string => `${main.shape.path}/${path}`;
  const groups = [
    candidates.map(({ path }) => `${shape.path}/${decodedPath(path)}`),
    fresh.map(stagedPath),
    replacing.map(stagedPath),
    complete.map(stagedPath),
  ];
  return parts.storage.withScratchFolder((scratchFolder) =>
    parts.storage.readLocally([...new Set(groups.flat())], async (localPaths) => {
      const local = new Map([...new Set(groups.flat())].map((path, index) => [path, localPaths[index] ?? '']));
      const [oldPaths = [], newPaths = [], replacingPaths = [], derivedPaths = []] = groups.map((group) =>
        group.map((path) => local.get(path) ?? ''),
      );
      const request: MergeRequest = {
        columns: storedColumns(metaData?.schemaString ?? '', metaData?.partitionColumns ?? []),
        sortBy: compaction.sortBy,
        targetFileBytes: compaction.targetFileBytes,
        oldPaths,
        newPaths,
        replacingPaths,
        complete: step === 'take' ? undefined : { ranges: plan.ranges, derivedPaths },
        liveFiles,
        partition: { name: partition, values },
        attempt,
        scratchFolder,
        signal,
      };
      const result = await parts.merger.merge(request);
      await parts.storage.addFiles(
        result.files.map(({ localPath, path }) => ({ localPath, path: `${shape.path}/${path}` })),
      );
      return result;
    }),
  );
}

function allFiles({ files, rejectedFiles }: StagedRows): DataFile[] {
  return [...files, ...rejectedFiles];
}

/** Those of the staged files that may hold records which are in these files too. */
function meeting(staged: readonly DataFile[], candidates: readonly AddFile[]): DataFile[] {
  const bounds = candidates.map(({ stats }) => offsetBounds(stats));
  return staged.filter((file) => {
    const own = offsetBounds(file.stats);
    return bounds.some(
      (other) =>
        own === undefined ||
        other === undefined ||
        (own.offsets[0] <= other.offsets[1] &&
          own.offsets[1] >= other.offsets[0] &&
          own.partitions[0] <= other.partitions[1] &&
          own.partitions[1] >= other.partitions[0]),
    );
  });
}

function mergedFile({ path, partitionValues, sizeBytes, rows, stats }: DataFile): DataFile {
  return { path, partitionValues, sizeBytes, rows, stats };
}
