import { literal } from '../duckdb/quote.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import { lostStretches, splitAt, type Stretch, withoutRanges } from '../plans/audit-window.ts';
import type { AuditRun, CheckedTable } from './audit-run.ts';
import { BatchDefinitions } from './batch-definitions.ts';
import { checkCommitted } from './committed-check.ts';
import { holding } from './live-files.ts';
import { originsOf, runsOf, stretchOf, within } from './row-sql.ts';
import type { ArchiveView } from './table-view.ts';

/** The archive's part of coverage; undefined where the definition has none. */
export function openArchiveCheck(run: AuditRun): ArchiveCheck | undefined {
  const { archive } = run.subject.table;
  return archive && run.archive && new ArchiveCheck(run, archive, run.archive);
}

/**
 * Compares, window by window, an archive's offsets with those of the two tables: a record of a batch whose definition
 * archives must be in it once, unless retention has dropped its day.
 */
export class ArchiveCheck {
  readonly #run: AuditRun;
  readonly #archive: ArchiveView;
  readonly #checked: CheckedTable;
  readonly #definitions: BatchDefinitions;

  constructor(run: AuditRun, archive: ArchiveView, checked: CheckedTable) {
    const { parts, table } = run.subject;
    const files = new BatchFiles(parts.storage, table.main.shape.path);
    this.#run = run;
    this.#archive = archive;
    this.#checked = checked;
    // What a backfill derives anew is not archived anew: it is the batch's own definition that counts.
    this.#definitions = new BatchDefinitions(files, table.committedSequence, table.definition, []);
  }

  /** Takes the tables' rows of the window from the temporary table `present(p, o, rejected, day)`. */
  async checkWindow(window: readonly Stretch[]): Promise<void> {
    const { session } = this.#run;
    await session.run('CREATE OR REPLACE TEMP TABLE archived (p INTEGER, o BIGINT)');
    await this.#checked.reader.read(holding(this.#archive.live, window), (group) =>
      session.run(`INSERT INTO archived SELECT * FROM (${originsOf(group)}) WHERE ${within(window)}`),
    );
    for (const twice of await this.#runs('SELECT p, o FROM archived GROUP BY p, o HAVING count(*) > 1')) {
      this.#checked.records.add('archive_record_duplicated', { table: this.#name, storagePath: undefined }, twice);
    }
    await this.#reportMissing();
    await this.#reportLost(window);
    await session.run('DROP TABLE archived');
  }

  async checkCommitted(): Promise<void> {
    await checkCommitted(this.#run, this.#checked, this.#archive.committed, 'archive_record_unexpected');
  }

  get #name(): string {
    return this.#archive.shape.table;
  }

  async #reportMissing(): Promise<void> {
    const kept = `SELECT DISTINCT p, o FROM present ANTI JOIN archived USING (p, o) WHERE ${this.#daysKept()}`;
    for (const run of await this.#runs(kept)) {
      for (let at = run.from; at < run.to;) {
        const { hash, to } = await this.#definitions.at(run.partition, at);
        const end = to > at && to < run.to ? to : run.to;
        const { archive } = await this.#definitions.read(hash);
        if (archive !== undefined) this.#checked.records.addMissing(this.#name, run.partition, at, end);
        at = end;
      }
    }
  }

  /** Retention drops whole days, the oldest first: one that still has a file has not been dropped. */
  #daysKept(): string {
    if (this.#archive.drops === 0) return 'TRUE';
    const days = new Set(this.#archive.live.map(({ hivePartition }) => hivePartition));
    return `'dt=' || strftime(day, '%Y-%m-%d') IN (${[...days].map(literal).join(', ') || 'NULL'})`;
  }

  /**
   * Where Kafka cannot be asked any more, the archive knows of records that no table has. Once retention has dropped
   * partitions of the tables there is nothing to be learnt of it.
   */
  async #reportLost(window: readonly Stretch[]): Promise<void> {
    const { kafka, records, subject } = this.#run;
    const { definition, drops, lost } = subject.table;
    if (drops > 0) return;
    const unheld = kafka instanceof Error ? window : splitAt(window, kafka.heldFrom).below;
    const asked = withoutRanges(unheld, lostStretches(lost));
    const missing = `SELECT DISTINCT p, o FROM archived ANTI JOIN present USING (p, o) WHERE ${within(asked, 'p', 'o')}`;
    for (const { partition, from, to } of await this.#runs(missing)) {
      records.addMissing(definition.table, partition, from, to);
    }
  }

  async #runs(relation: string): Promise<Stretch[]> {
    return (await this.#run.session.rows(runsOf(relation))).map(stretchOf);
  }
}
