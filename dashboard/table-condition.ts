import type { IngestStatus } from '../workflows/ingest-protocol.ts';
import { duration, many } from './quantities.ts';

/** How a table's pipeline is doing, in the words of whoever is on call. `Waiting`: nothing was ever committed. */
export const TABLE_STATES = ['Stopped', 'Paused', 'Degraded', 'Waiting', 'Catching up', 'Healthy'] as const;
export type TableState = (typeof TABLE_STATES)[number];

export interface TableCondition {
  readonly state: TableState;
  /** Why, and what to do where something is to be done. */
  readonly words: string;
  /** Since when, where that is known. */
  readonly sinceMs: number | null;
}

/** What is known of a table's ingestion from Temporal. */
export type IngestKnowledge =
  | { readonly known: 'status'; readonly status: IngestStatus }
  /** Its workflow runs, and no worker answers for it: its state as it last said. */
  | { readonly known: 'silent'; readonly state: string | null }
  | { readonly known: 'none' }
  | { readonly known: 'nothing'; readonly problem: string };

/** What is known of a table from everywhere else. Times are moments in milliseconds. */
export interface TableFacts {
  readonly nowMs: number;
  /** Why the lake cannot be read. */
  readonly lakeProblem: string | undefined;
  readonly hasCommits: boolean;
  readonly lastCommitAtMs: number | null;
  /** Records that wait in Kafka; undefined where it does not answer. */
  readonly lagRecords: number | undefined;
  readonly rowsPerSecond: number;
  /** 99th percentile from event to commit in the last minute. */
  readonly freshnessMs: number | null;
  /** Since when Hive has not shown the newest version; null where it does. */
  readonly hiveBehindSinceMs: number | null;
  /** Errors and warnings of the newest audit. */
  readonly auditFindings: number;
  readonly ingest: IngestKnowledge;
}

/** Rows that take longer than this until they are committed are late. */
export const LATE_AFTER_MS = 10_000;
/** Records wait this long without a commit before something must be wrong. */
export const STUCK_AFTER_MS = 30_000;
/** Hive may be behind this long: a batch or two. */
export const HIVE_LATE_AFTER_MS = 30_000;

/** The one state that an operator should know first: what an operator did, then what is wrong, then what is slow. */
export function conditionOf(facts: TableFacts): TableCondition {
  return byIngest(facts) ?? byLake(facts);
}

function byIngest({ ingest, nowMs }: TableFacts): TableCondition | undefined {
  if (ingest.known === 'none') {
    return { state: 'Stopped', words: 'No ingestion runs for it. Start a worker: `sluice up`.', sinceMs: null };
  }
  if (ingest.known === 'silent' && (ingest.state === 'Paused' || ingest.state === 'Stopped')) {
    const words = `${ingest.state}, as its workflow last said; no worker answers now. Start one: \`sluice up\`.`;
    return { state: ingest.state, words, sinceMs: null };
  }
  if (ingest.known !== 'status') return undefined;
  const { state, reason, sinceMs } = ingest.status;
  if (state === 'Paused' || state === 'Stopped' || state === 'Degraded') return { state, words: reason, sinceMs };
  if (state === 'Draining' && sinceMs <= nowMs) return { state: 'Catching up', words: reason, sinceMs };
  return undefined;
}

function byLake(facts: TableFacts): TableCondition {
  const { nowMs, lakeProblem, lastCommitAtMs, lagRecords, hiveBehindSinceMs, auditFindings } = facts;
  const condition = (state: TableState, words: string, sinceMs: number | null = null): TableCondition => ({
    state,
    words: words + blindness(facts),
    sinceMs,
  });
  if (lakeProblem !== undefined) return condition('Degraded', `The lake cannot be read. ${lakeProblem}`);
  if (!facts.hasCommits) return condition('Waiting', 'Waiting for the first commit.');
  const waits = lagRecords !== undefined && lagRecords > 0;
  const quietMs = lastCommitAtMs === null ? Number.POSITIVE_INFINITY : nowMs - lastCommitAtMs;
  if (waits && quietMs > STUCK_AFTER_MS) {
    const since = lastCommitAtMs === null ? 'for over an hour' : `for ${duration(quietMs)}`;
    return condition(
      'Degraded',
      `${many(lagRecords, 'record')} wait, and nothing was committed ${since}. ${noWorker(facts)}`,
      lastCommitAtMs,
    );
  }
  if (auditFindings > 0) {
    return condition(
      'Degraded',
      `The newest audit has ${many(auditFindings, 'finding')}: \`sluice audit\` tells what to do.`,
    );
  }
  if (hiveBehindSinceMs !== null && nowMs - hiveBehindSinceMs > HIVE_LATE_AFTER_MS) {
    const words = `Rows are committed, but Hive has not shown them for ${duration(nowMs - hiveBehindSinceMs)}. Is the metastore up?`;
    return condition('Degraded', words, hiveBehindSinceMs);
  }
  const late = facts.freshnessMs !== null && facts.freshnessMs > LATE_AFTER_MS;
  if (late || (waits && quietMs > LATE_AFTER_MS)) return condition('Catching up', catchUpWords(facts));
  if (lagRecords === undefined) return condition('Healthy', 'Committing. Kafka does not say what waits.');
  if (!waits && quietMs > LATE_AFTER_MS)
    return condition('Healthy', 'All that Kafka holds is committed; nothing new has come.');
  return condition('Healthy', 'Committing.');
}

function catchUpWords({ lagRecords, rowsPerSecond, freshnessMs }: TableFacts): string {
  const late = freshnessMs === null ? '' : ` 1 row in 100 takes ${duration(freshnessMs)} or more.`;
  if (lagRecords === undefined || lagRecords === 0) return `Late rows are coming in.${late}`;
  const leftMs = (lagRecords / rowsPerSecond) * 1000;
  const left = rowsPerSecond > 0 && leftMs > 1_000 ? `, ${duration(leftMs)} at the present rate` : '';
  return `${many(lagRecords, 'record')} wait in Kafka${left}.${late}`;
}

function noWorker({ ingest }: TableFacts): string {
  return ingest.known === 'silent'
    ? 'No worker answers: start one with `sluice up`.'
    : 'Look at its workflow and the workers’ logs.';
}

/** What can't be seen is said, where it could change the picture. */
function blindness({ ingest }: TableFacts): string {
  if (ingest.known === 'nothing') return ` What its workflow says is unknown: ${ingest.problem}`;
  return ingest.known === 'silent' ? ' Its workflow runs, but no worker answers for it.' : '';
}
