import { SluiceError } from '../errors/sluice-error.ts';
import type { BatchPlan, BatchSeal, LostRange, PlanChange } from './batch.ts';
import type { AvailableOffsets } from './micro-batch.ts';
import { withLosses } from './plan-revision.ts';

/** Where a table stands, by what storage says. */
export interface TableStand {
  readonly table: string;
  readonly topic: string;
  readonly topicId: string;
  readonly engine: BatchPlan['engine'];
  /** Next offset of each partition. Empty for a table that has no batch yet. */
  readonly committed: ReadonlyMap<number, bigint>;
  /** Of the batch that is next. */
  readonly sequence: number;
  /** Its newest revision; undefined where it has not been planned. */
  readonly plan: BatchPlan | undefined;
  readonly seal: BatchSeal | undefined;
}

/** Offsets of one partition that an operator wants to give up although Kafka may have them: those before `to`. */
export interface GivenUp {
  readonly partition: number;
  /** Exclusive. */
  readonly to: bigint;
}

export interface LossDecision {
  readonly by: string;
  readonly definitionHash: string;
  readonly nowMs: number;
  readonly givenUp?: GivenUp;
}

/**
 * The plan by which a table goes on without records that it can't get: those that have expired in Kafka before they were
 * read, and those that the operator gives up. It names every one of them.
 * @throws SluiceError USAGE where there is nothing to give up, or where that is not for anybody to decide any more
 */
export function planWithLosses(
  stand: TableStand,
  available: ReadonlyMap<number, AvailableOffsets>,
  decision: LossDecision,
): BatchPlan {
  requireUndecided(stand);
  const lost = [...expired(stand, available, decision), ...givenUp(stand, available, decision)];
  if (lost.length === 0) {
    throw new SluiceError('USAGE', `Nothing of ${stand.table} has expired: Kafka holds all that is to be read next.`, {
      remedy: 'To give up records that can’t be ingested, name them by --partition and --to.',
    });
  }
  const change: PlanChange = { reason: 'loss_accepted', detail: describeLosses(lost), by: decision.by };
  return withLosses(stand.plan ?? unplanned(stand, decision), lost, change, decision.nowMs);
}

/**
 * A batch that is sealed is decided: it has been read, whole.
 * @throws SluiceError USAGE
 */
export function requireUndecided({ table, sequence, seal }: TableStand): void {
  if (seal === undefined) return;
  throw new SluiceError(
    'USAGE',
    `Batch ${sequence} of ${table} is sealed (revision ${seal.revision}, ${seal.rows} rows): it is decided, and will be committed.`,
    { remedy: 'Nothing is to be done about it; if it is not committed soon, see `sluice status`.' },
  );
}

/** Where the next batch begins in a partition, as it is planned or as the log stands. */
export function nextOffset({ plan, committed }: TableStand, partition: number): bigint | undefined {
  const range = plan?.ranges.find((candidate) => candidate.partition === partition);
  const planned = range?.startOffset ?? plan?.nextOffsets[partition];
  if (planned !== undefined) return BigInt(planned);
  // A partition that was added later must be there from its beginning.
  return committed.get(partition) ?? (committed.size === 0 ? undefined : 0n);
}

/** `offsets 10 to 19 of partition 0 (expired)`, for people. */
export function describeLosses(lost: readonly LostRange[]): string {
  return lost
    .map(({ partition, startOffset, endOffset, cause }) => {
      const words = cause === 'expired' ? 'expired in Kafka' : 'given up';
      return `offsets ${startOffset} to ${BigInt(endOffset) - 1n} of partition ${partition} (${words})`;
    })
    .join(', ');
}

function expired(
  stand: TableStand,
  available: ReadonlyMap<number, AvailableOffsets>,
  { by, nowMs }: LossDecision,
): LostRange[] {
  return [...available].flatMap(([partition, { earliest }]) => {
    const start = nextOffset(stand, partition) ?? earliest;
    if (start >= earliest) return [];
    return [lostRange(partition, start, earliest, { cause: 'expired', by, acceptedAtMs: nowMs })];
  });
}

function givenUp(
  stand: TableStand,
  available: ReadonlyMap<number, AvailableOffsets>,
  { by, nowMs, givenUp: wanted }: LossDecision,
): LostRange[] {
  if (wanted === undefined) return [];
  const { partition, to } = wanted;
  const held = available.get(partition);
  const start = nextOffset(stand, partition) ?? held?.earliest;
  if (held === undefined || start === undefined) {
    throw new SluiceError('USAGE', `The topic "${stand.topic}" has no partition ${partition}.`);
  }
  const from = start > held.earliest ? start : held.earliest;
  if (to > from && to <= held.lastStable) {
    return [lostRange(partition, from, to, { cause: 'given_up', by, acceptedAtMs: nowMs })];
  }
  throw new SluiceError(
    'USAGE',
    `In partition ${partition}, --to must be above ${from}, where ${stand.table} goes on, and not above ${held.lastStable}, where the partition ends.`,
    { remedy: 'Only what comes next can be given up; `sluice plan show` says where that begins.' },
  );
}

function lostRange(
  partition: number,
  start: bigint,
  end: bigint,
  about: Pick<LostRange, 'cause' | 'by' | 'acceptedAtMs'>,
): LostRange {
  return { partition, startOffset: String(start), endOffset: String(end), ...about };
}

/** A batch that nobody could plan, since records have expired before: so far it holds nothing. */
function unplanned(stand: TableStand, { definitionHash, nowMs }: LossDecision): BatchPlan {
  const { sequence, topic, topicId, engine, committed } = stand;
  return {
    format: 1,
    sequence,
    revision: -1,
    plannedAtMs: nowMs,
    topic,
    topicId,
    ranges: [],
    nextOffsets: Object.fromEntries([...committed].map(([partition, offset]) => [partition, String(offset)])),
    engine,
    definitionHash,
  };
}
