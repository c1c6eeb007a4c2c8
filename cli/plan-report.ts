import { definitionHash } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { BatchPlan, LostRange, PlanChange, PlannedRange } from '../plans/batch.ts';
import { describeLosses, type TableStand } from '../plans/operator-decision.ts';
import { offsetCount } from '../plans/plan-revision.ts';

/** `sluice plan show --json`, and what the commands that decide print; the shape is stable. Offsets are decimal texts. */
export interface PlanReport {
  readonly table: string;
  /** Number of the batch that is next. */
  readonly sequence: number;
  /** `sealed`: decided, and about to be committed. `planned`: fixed, and not seen by anybody. `none`: not planned yet. */
  readonly state: 'sealed' | 'planned' | 'none';
  /** null without a plan. */
  readonly plan: {
    readonly revision: number;
    readonly plannedAtMs: number;
    readonly ranges: readonly PlannedRange[];
    /** Offsets that it spans; records may be fewer. */
    readonly offsets: string;
    readonly change: PlanChange | null;
    readonly lost: readonly LostRange[];
    /** Whether it is carried out by the definition as its file is now. */
    readonly isCurrentDefinition: boolean;
  } | null;
  /** Of the seal. */
  readonly sealedRevision: number | null;
}

export function planReport(stand: TableStand, definition: TableDefinition): PlanReport {
  const { table, sequence, plan, seal } = stand;
  return {
    table,
    sequence,
    state: seal ? 'sealed' : plan ? 'planned' : 'none',
    plan: plan === undefined ? null : planned(plan, definition),
    sealedRevision: seal?.revision ?? null,
  };
}

function planned(plan: BatchPlan, definition: TableDefinition): PlanReport['plan'] {
  return {
    revision: plan.revision,
    plannedAtMs: plan.plannedAtMs,
    ranges: plan.ranges,
    offsets: String(offsetCount(plan)),
    change: plan.change ?? null,
    lost: plan.lost ?? [],
    isCurrentDefinition: plan.definitionHash === definitionHash(definition),
  };
}

/** The same for people. */
export function describePlan({ table, sequence, state, plan, sealedRevision }: PlanReport): string[] {
  if (plan === null) return [`${table}: batch ${sequence} is next, and is not planned yet.`];
  const said =
    state === 'sealed' ? `sealed (revision ${sealedRevision ?? ''}), and about to be committed` : 'planned, not sealed';
  const lines = [
    `${table}: batch ${sequence} is ${said}. Revision ${plan.revision}, of ${new Date(plan.plannedAtMs).toISOString()}.`,
    ...plan.ranges.map(
      ({ partition, startOffset, endOffset }) =>
        `  partition ${partition}: offsets ${startOffset} to ${BigInt(endOffset) - 1n}`,
    ),
  ];
  if (plan.ranges.length === 0) lines.push('  no offsets: it says only how far the table has come');
  if (plan.lost.length > 0) lines.push(`  goes on without ${describeLosses(plan.lost)}`);
  if (plan.change !== null) lines.push(`  revised by ${plan.change.by}, ${plan.change.reason}: ${plan.change.detail}`);
  if (!plan.isCurrentDefinition) lines.push('  by an earlier definition than its file has now');
  return lines;
}
