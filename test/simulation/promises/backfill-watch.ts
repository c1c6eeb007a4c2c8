import type { TableDefinition } from '../../../definition/table-definition.ts';
import type { BackfillPlan } from '../../../plans/backfill.ts';
import { partitionEndMs } from '../../../plans/partition-time.ts';
import type { MemoryTopic } from '../services/memory-topic.ts';
import type { ObjectStore } from '../services/object-store.ts';
import { DAY, type Row } from '../services/row-engine.ts';
import { derived, ruleOf } from '../services/rule.ts';
import type { EntryChange, LogWatch } from './log-watch.ts';

/** Watches over the backfills of one table: what each step must make of the two logs, and by which rule each row is. */
export class BackfillWatch {
  readonly #store: ObjectStore;
  readonly #topic: MemoryTopic;
  readonly #main: LogWatch;
  readonly #rejected: LogWatch;
  /** The newest rule that a record was derived by; the files' own where it is not there. */
  readonly #rules = new Map<string, number>();
  /** The backfill that has begun to be committed, and not ended. */
  open: number | undefined;

  constructor(store: ObjectStore, topic: MemoryTopic, main: LogWatch, rejected: LogWatch) {
    this.#store = store;
    this.#topic = topic;
    this.#main = main;
    this.#rejected = rejected;
  }

  /**
   * A step is committed: what is wrong with it, if anything.
   * @param dropped records that retention has dropped: the step may bring them back or not. A record that it moves into a
   *   partition that retention has passed may be dropped, and is one of them then.
   */
  committed(
    { number, step }: { readonly number: number; readonly step: string },
    change: EntryChange,
    dropped: Set<string>,
  ): string | undefined {
    const wrongTurn = this.#turn(number, step);
    if (wrongTurn !== undefined) return wrongTurn;
    const { accepted, rejected } = this.#derived(number);
    const log = step === 'replace' ? this.#main : this.#rejected;
    const after = rowsOf(log);
    const before = [...after].filter((row) => !change.added.some((file) => file.rows.includes(row)));
    before.push(...change.removed.flatMap(({ rows }) => rows));
    const [gone, come] =
      step === 'bring'
        ? [rejected, rejected]
        : step === 'replace'
          ? [[...accepted, ...rejected], accepted]
          : [accepted, []];
    const leaving = new Set(gone.map(identityOf));
    const held = new Set(after.map(identityOf));
    const coming = come.map((row) => [row, identityOf(row)] as const);
    for (const [row, identity] of coming) if (!held.has(identity) && hasPassed(row, log)) dropped.add(identity);
    const wanted = [
      ...before.filter((row) => !leaving.has(identityOf(row))),
      ...coming.filter(([, identity]) => held.has(identity) || !dropped.has(identity)).map(([row]) => row),
    ];
    if (step === 'replace') {
      const rule = ruleOf(this.#definition(this.#plan(number)));
      for (const identity of leaving) this.#rules.set(identity, rule);
    }
    return differenceOf(wanted.map(textOf), after.map(textOf));
  }

  /** A row that is not what its record's rule makes of it, or is in the wrong table. */
  wrongRow(accepted: readonly Row[], rejected: readonly Row[]): string | undefined {
    const wrong = (row: Row, bad: boolean): boolean => {
      const [record] = this.#topic.read(row.partition, row.offset, row.offset + 1);
      if (record === undefined) return true;
      const right = derived(record, this.#rules.get(identityOf(row)) ?? 0);
      return right.bad !== bad || right.hour !== row.hour;
    };
    const found = accepted.find((row) => wrong(row, false)) ?? rejected.find((row) => wrong(row, true));
    return found && `holds ${textOf(found)}, which is not what the newest rule makes of it`;
  }

  /** Its last entry is committed, or it was cancelled. */
  isOver(number: number): boolean {
    const isTaken = this.#rejected.transactions.has(`sluice/rewrite/b${number}out`);
    return isTaken || this.#object(number, 'decision.json').includes('"cancel"');
  }

  #turn(number: number, step: string): string | undefined {
    if (step === 'bring') {
      if (this.open !== undefined) return `begins, and backfill ${this.open} has not ended`;
      this.open = number;
      return this.#object(number, 'decision.json').includes('"commit"') ? undefined : 'was not decided';
    }
    if (this.open !== number) return 'is not the one that has begun';
    if (step === 'take') this.open = undefined;
    return undefined;
  }

  /** What was derived, of all units: by the plan's rule, and of every record of its ranges. */
  #derived(number: number): { accepted: Row[]; rejected: Row[] } {
    const plan = this.#plan(number);
    const rule = ruleOf(this.#definition(plan));
    const records = plan.ranges.flatMap(({ partition, startOffset, endOffset }) =>
      this.#topic.read(partition, Number(startOffset), Number(endOffset)).map((record) => derived(record, rule)),
    );
    const rows = (bad: boolean): Row[] =>
      records
        .filter((record) => record.bad === bad)
        .map(({ partition, offset, hour }) => ({ partition, offset, hour }));
    return { accepted: rows(false), rejected: rows(true) };
  }

  #plan(number: number): BackfillPlan {
    return JSON.parse(this.#read(`_sluice/backfills/${String(number).padStart(10, '0')}.json`)) as BackfillPlan;
  }

  #definition({ definitionHash }: BackfillPlan): TableDefinition {
    return JSON.parse(this.#read(`_sluice/definitions/${definitionHash}.json`)) as TableDefinition;
  }

  #object(number: number, name: string): string {
    return this.#read(`_sluice/backfills/${String(number).padStart(10, '0')}/${name}`);
  }

  #read(path: string): string {
    return this.#store.get(`${this.#main.tablePath}/${path}`)?.bytes.toString() ?? '{}';
  }
}

function rowsOf(log: LogWatch): Row[] {
  return [...log.files.values()].flatMap(({ rows }) => rows);
}

/** Whether retention has dropped a partition as old as that of a row. */
function hasPassed({ hour }: Row, log: LogWatch): boolean {
  const partition = log.tablePath.endsWith('_rejected') ? { dt: DAY } : { dt: DAY, hour: String(hour) };
  return (partitionEndMs(partition) ?? Infinity) <= (log.transactions.get('sluice/retention/dropped') ?? 0);
}

function identityOf({ partition, offset }: Row): string {
  return `${partition}/${offset}`;
}

function textOf({ partition, offset, hour }: Row): string {
  return `${partition}/${offset}@${hour}`;
}

/** How rows differ from those wanted, each as often as it is there. */
function differenceOf(wanted: readonly string[], there: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const item of wanted) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (const item of there) {
    const count = counts.get(item) ?? 0;
    if (count === 0) return `holds ${item}, which it must not`;
    if (count === 1) counts.delete(item);
    else counts.set(item, count - 1);
  }
  const [missing] = counts.keys();
  return missing === undefined ? undefined : `lacks ${missing}`;
}
