import { SluiceError } from '../errors/sluice-error.ts';
import { BatchTooLarge, type BatchResult } from '../engines/engine.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import { afterWindow, nextWindow, splitAt, type Stretch } from '../plans/audit-window.ts';
import type { Certificate, CertifiedRange, Verification } from '../plans/certificate.ts';
import { compareArchived } from './archive-comparison.ts';
import type { AuditRun } from './audit-run.ts';
import { BatchDefinitions } from './batch-definitions.ts';
import { CertifiedSums } from './certified-sums.ts';
import { lookAgain } from './coverage-check.ts';
import { COMPARISON_LIMITS, largerRecordBytes, withExpectedRows } from './expected-rows.ts';
import { RowComparison } from './row-comparison.ts';

/**
 * Compares every row with its record: the topic is read again and converted by the same engine and the definition of the
 * row's batch, and what comes out must be what the tables hold. What has expired is compared with the certificate that
 * an earlier audit left. @returns what all these rows add up to
 */
export async function checkRecords(run: AuditRun, previous: Certificate | undefined): Promise<CertifiedSums> {
  const check = new RecordCheck(run);
  const { below, above } = splitAt(run.subject.stretches, run.held.heldFrom);
  let held = above;
  for (const stretch of below) {
    const certified = certifiedIn(previous, stretch);
    await check.countCertified(certified);
    const rest = uncovered(stretch, certified);
    await check.countUnverified(rest);
    held = startAfter(held, certified);
  }
  await check.compare(held);
  return check.sums;
}

class RecordCheck {
  readonly sums = new CertifiedSums();
  readonly #run: AuditRun;
  readonly #definitions: BatchDefinitions;
  readonly #comparison: RowComparison;
  readonly #total: number;
  #done = 0;
  #recordSizeBytes: number | undefined;

  constructor(run: AuditRun) {
    this.#run = run;
    const { table, parts, stretches } = run.subject;
    const files = new BatchFiles(parts.storage, table.main.shape.path);
    this.#definitions = new BatchDefinitions(files, table.committedSequence, table.definition, table.redefined);
    this.#comparison = new RowComparison(run);
    this.#total = stretches.reduce((sum, { from, to }) => sum + Number(to - from), 0);
  }

  /** Ranges that Kafka no longer has, each as it was certified. */
  async countCertified(ranges: readonly CertifiedRange[]): Promise<void> {
    for (const certified of ranges) {
      const { partition } = certified;
      const window = [{ partition, from: BigInt(certified.fromOffset), to: BigInt(certified.toOffset) }];
      await this.#count(window, 'certificate');
      this.sums.compare(certified);
    }
  }

  async countUnverified(stretches: readonly Stretch[]): Promise<void> {
    for (let left = [...stretches]; left.length > 0;) {
      const window = nextWindow(this.#name, left, COMPARISON_LIMITS, 1);
      await this.#count(window, 'nothing');
      left = afterWindow(left, window);
    }
  }

  /** Ranges that Kafka has, window by window. What expires before it is read stays unverified. */
  async compare(stretches: readonly Stretch[]): Promise<void> {
    for (let left = [...stretches]; left.length > 0;) {
      const window = nextWindow(this.#name, left, COMPARISON_LIMITS, this.#recordSizeBytes);
      try {
        await this.#compareWindow(window);
        left = afterWindow(left, window);
      } catch (thrown) {
        if (thrown instanceof BatchTooLarge) {
          this.#recordSizeBytes = largerRecordBytes(this.#recordSizeBytes);
          continue;
        }
        if (!(thrown instanceof SluiceError) || thrown.code !== 'OFFSET_EXPIRED') throw thrown;
        await lookAgain(this.#run);
        const { below, above } = splitAt(left, this.#run.held.heldFrom);
        await this.countUnverified(below);
        left = above;
      }
    }
  }

  get #name(): string {
    return this.#run.subject.table.definition.table;
  }

  async #count(window: readonly Stretch[], verifiedBy: Verification): Promise<void> {
    await this.#comparison.loadActual(window);
    this.sums.add(window, await this.#comparison.sums(), verifiedBy);
    this.#progressed(window);
  }

  async #compareWindow(window: readonly Stretch[]): Promise<void> {
    const first = window[0];
    if (first === undefined) return;
    await this.#comparison.loadActual(window);
    const { hash } = await this.#definitions.at(first.partition, first.from);
    await this.#convertFirst(window, hash, async (expected) => {
      await this.#comparison.compare(expected);
      await compareArchived(this.#run, window, expected.archiveFiles ?? [], this.#run.held.keepsRecords);
      this.#recordSizeBytes = Math.ceil(expected.fetchedBytes / Math.max(1, expected.rows + expected.rejectedRows));
    });
    await this.#settle(window, hash);
    await this.#comparison.report(this.#run.held.keepsRecords);
    this.sums.add(window, await this.#comparison.sums(), 'kafka');
    this.#progressed(window);
  }

  /** What differs under one definition may be right under that of its own batch, or of a backfill. */
  async #settle(window: readonly Stretch[], tried: string): Promise<void> {
    const byDefinition = new Map<string, Stretch[]>();
    for (const run of await this.#comparison.differing()) {
      for (let at = run.from; at < run.to;) {
        const { hash, to } = await this.#definitions.at(run.partition, at);
        const end = to > at && to < run.to ? to : run.to;
        byDefinition.set(hash, [...(byDefinition.get(hash) ?? []), { partition: run.partition, from: at, to: end }]);
        at = end;
      }
    }
    for (const [hash, stretches] of byDefinition) {
      if (hash === tried) continue;
      await this.#convert(window, hash, (expected) => this.#comparison.acquit(expected, stretches));
    }
    if (this.#run.subject.table.backfilledAt === undefined || byDefinition.size === 0) return;
    await this.#convert(window, this.#definitions.currentHash, (expected) => this.#comparison.acquit(expected, window));
  }

  /** The archive holds records as they are: whichever definition makes rows of them, it is compared once. */
  async #convertFirst(
    window: readonly Stretch[],
    hash: string,
    use: (expected: BatchResult) => Promise<void>,
  ): Promise<void> {
    const archives = this.#run.subject.table.archive !== undefined;
    await withExpectedRows(this.#run, window, await this.#definitions.read(hash), use, { archives });
  }

  async #convert(
    window: readonly Stretch[],
    hash: string,
    use: (expected: BatchResult) => Promise<void>,
  ): Promise<void> {
    await withExpectedRows(this.#run, window, await this.#definitions.read(hash), use);
  }

  #progressed(window: readonly Stretch[]): void {
    this.#done += window.reduce((sum, { from, to }) => sum + Number(to - from), 0);
    const { onProgress, signal } = this.#run.subject.request;
    onProgress?.({ check: 'records', done: this.#done, total: this.#total });
    signal.throwIfAborted();
  }
}

/** Certified ranges that begin in the stretch, as they are. */
function certifiedIn(previous: Certificate | undefined, { partition, from, to }: Stretch): CertifiedRange[] {
  return (previous?.ranges ?? []).filter(
    (range) =>
      range.partition === partition &&
      range.verifiedBy !== 'nothing' &&
      BigInt(range.fromOffset) >= from &&
      BigInt(range.fromOffset) < to,
  );
}

/** The parts of a stretch that no range covers; ranges are in order. */
function uncovered({ partition, from, to }: Stretch, ranges: readonly CertifiedRange[]): Stretch[] {
  const rest: Stretch[] = [];
  let at = from;
  for (const range of ranges) {
    const start = BigInt(range.fromOffset);
    if (start > at) rest.push({ partition, from: at, to: start });
    at = BigInt(range.toOffset);
  }
  if (at < to) rest.push({ partition, from: at, to });
  return rest;
}

/** A certified range may reach into what Kafka still has; it is not counted again there. */
function startAfter(held: readonly Stretch[], certified: readonly CertifiedRange[]): Stretch[] {
  const ends = new Map(certified.map(({ partition, toOffset }) => [partition, BigInt(toOffset)]));
  return held
    .map((stretch) => {
      const end = ends.get(stretch.partition);
      return end !== undefined && end > stretch.from ? { ...stretch, from: end } : stretch;
    })
    .filter(({ from, to }) => from < to);
}
