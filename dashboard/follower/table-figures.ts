import { type FieldCounts, unknownFields } from '../../plans/unknown-fields.ts';
import type { Commit } from './commits.ts';
import { delayed, Freshness, type LatencyCounts } from './freshness.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** What a table's commits of the last hour add up to, in whatever order they come to be known. */
export class TableFigures {
  readonly toCommit = new Freshness();
  readonly toHive = new Freshness();
  lastCommitAtMs: number | undefined;
  hiveVersion: number | undefined;
  hivePublishedAtMs: number | undefined;
  #commits: Commit[] = [];
  readonly #awaitingHive = new Map<number, { readonly atMs: number; readonly latencies: LatencyCounts }>();
  readonly #publishedAtMs = new Map<number, number>();

  addCommit(commit: Commit): void {
    this.#commits.push(commit);
    if (commit.rows + commit.rejected > 0) this.lastCommitAtMs = Math.max(this.lastCommitAtMs ?? 0, commit.atMs);
    for (const { version, atMs } of commit.published) {
      this.#publishedAtMs.set(version, atMs);
      if (version > (this.hiveVersion ?? -1)) {
        this.hiveVersion = version;
        this.hivePublishedAtMs = atMs;
      }
      this.#settle(version);
    }
  }

  /** How long a commit's rows took until it. */
  addLatencies(commit: { readonly version: number; readonly atMs: number }, latencies: LatencyCounts): void {
    this.toCommit.add(commit.atMs, latencies);
    this.#awaitingHive.set(commit.version, { atMs: commit.atMs, latencies });
    this.#settle(commit.version);
  }

  /** Forgets what is older than an hour. */
  trim(nowMs: number): void {
    const beforeMs = nowMs - HOUR_MS;
    this.toCommit.forgetBefore(beforeMs);
    this.toHive.forgetBefore(beforeMs);
    if ((this.#commits[0]?.atMs ?? nowMs) < beforeMs - MINUTE_MS) {
      this.#commits = this.#commits.filter(({ atMs }) => atMs >= beforeMs);
    }
    for (const [version, { atMs }] of this.#awaitingHive) {
      if (atMs < beforeMs) this.#awaitingHive.delete(version);
    }
    for (const [version, atMs] of this.#publishedAtMs) {
      if (atMs < beforeMs) this.#publishedAtMs.delete(version);
    }
  }

  rowsPerSecond(nowMs: number): number {
    const recent = this.#since(nowMs - MINUTE_MS);
    const oldestMs = this.#commits.reduce((oldest, { atMs }) => Math.min(oldest, atMs), nowMs);
    const spanMs = Math.min(MINUTE_MS, Math.max(1000, nowMs - oldestMs));
    return (recent.reduce((sum, { rows }) => sum + rows, 0) * 1000) / spanMs;
  }

  rejectedLastMinute(nowMs: number): number {
    return this.#since(nowMs - MINUTE_MS).reduce((sum, { rejected }) => sum + rejected, 0);
  }

  unknownFields(nowMs: number): FieldCounts {
    return unknownFields(...this.#since(nowMs - HOUR_MS).map((commit) => commit.unknownFields));
  }

  #since(ms: number): Commit[] {
    return this.#commits.filter(({ atMs }) => atMs > ms);
  }

  /** Once both are known: when a version's rows were committed, and when they were published. */
  #settle(version: number): void {
    const committed = this.#awaitingHive.get(version);
    const atMs = this.#publishedAtMs.get(version);
    if (committed === undefined || atMs === undefined) return;
    this.toHive.add(atMs, delayed(committed.latencies, atMs - committed.atMs));
    this.#awaitingHive.delete(version);
    this.#publishedAtMs.delete(version);
  }
}
