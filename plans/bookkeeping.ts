import type { StoredFile } from './audit-files.ts';

/** Batches before the last committed one whose plans and seals are kept whatever their age. */
export const BATCHES_KEPT = 10;
/** Audit reports and certificates are kept for this long, and the newest of them for ever. */
export const AUDITS_KEPT_MS = 30 * 86_400_000;
export const AUDITS_KEPT = 10;

/** What decides over a table's plans, seals, audits and backfills. */
export interface BookkeepingView {
  readonly committedSequence: number;
  /** By the storage's clock. */
  readonly nowMs: number;
  readonly logRetentionMs: number;
  /** Numbers of backfills that have ended or were cancelled: whoever still works on one of them can commit nothing. */
  readonly endedBackfills: ReadonlySet<number>;
}

/** Bookkeeping that may go. */
export interface BookkeepingPlan {
  readonly seals: readonly StoredFile[];
  readonly audits: readonly StoredFile[];
  /** Only where the plan before it names the same definition: the first plan by a definition tells since when it holds. */
  readonly plans: readonly ComparedPlan[];
  /** What backfills that have ended had derived; what they had noted of units and merges goes after the log's retention. */
  readonly backfills: readonly StoredFile[];
  /** What others have derived, and may still commit. It stays. */
  readonly pending: readonly StoredFile[];
}

export interface ComparedPlan {
  readonly plan: StoredFile;
  /** Path of the plan before it. */
  readonly before: string;
}

const BATCH_FILE = /^_sluice\/(plans|manifests|seals)\/(\d{10,})\D/;
const REVISED_PLAN = /^_sluice\/plans\/(\d{10,})\.[1-9]\d*\.json$/;
const BACKFILL_FILE = /^_sluice\/backfills\/(\d{10,})\/(staged|units|merges)\//;
const AUDIT_FILE = /^_sluice\/(audits|certificates)\//;

/**
 * Of plans and seals of committed batches only those of the newest are needed to go on; an audit wants to know by which
 * definition each record was converted, and what operators have decided: so the first plan, those that begin with another
 * definition, and all of a batch that was revised are kept. Names sort as their numbers and times do.
 * @param files all below `_sluice/`, in the order of their paths
 */
export function planBookkeeping(files: readonly StoredFile[], view: BookkeepingView): BookkeepingPlan {
  const revised = new Set(files.flatMap(({ path }) => REVISED_PLAN.exec(path)?.[1] ?? []));
  const isSettled = ({ path, modifiedAtMs }: StoredFile): boolean => {
    const sequence = BATCH_FILE.exec(path)?.[2];
    if (sequence === undefined || revised.has(sequence) || Number(sequence) === 1) return false;
    const isOld = modifiedAtMs <= view.nowMs - view.logRetentionMs;
    return isOld && Number(sequence) <= view.committedSequence - BATCHES_KEPT;
  };
  const ofKind = (kind: string): StoredFile[] => files.filter(({ path }) => BATCH_FILE.exec(path)?.[1] === kind);
  const plans = ofKind('plans');
  const ofBackfills = files.filter(({ path }) => BACKFILL_FILE.test(path));
  const isOver = (file: StoredFile): boolean => view.endedBackfills.has(backfillOf(file) ?? 0);
  const isPast = ({ path, modifiedAtMs }: StoredFile): boolean =>
    BACKFILL_FILE.exec(path)?.[2] === 'staged' || modifiedAtMs <= view.nowMs - view.logRetentionMs;
  return {
    backfills: ofBackfills.filter((file) => isOver(file) && isPast(file)),
    pending: ofBackfills.filter((file) => !isOver(file)),
    seals: [...ofKind('manifests'), ...ofKind('seals')].filter(isSettled),
    plans: plans.flatMap((plan, index) => {
      const before = plans[index - 1];
      return before !== undefined && isSettled(plan) ? [{ plan, before: before.path }] : [];
    }),
    audits: ['audits', 'certificates'].flatMap((kind) => {
      const all = files.filter(({ path }) => AUDIT_FILE.exec(path)?.[1] === kind);
      return all.slice(0, -AUDITS_KEPT).filter(({ modifiedAtMs }) => modifiedAtMs <= view.nowMs - AUDITS_KEPT_MS);
    }),
  };
}

/** The backfill that a file was derived for. Plan, approval and decision are not: they stay. */
export function backfillOf({ path }: Pick<StoredFile, 'path'>): number | undefined {
  const number = BACKFILL_FILE.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}
