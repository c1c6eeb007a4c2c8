import { SluiceError } from '../errors/sluice-error.ts';
import { commitRewrite } from '../lake/commit-rewrite.ts';
import { isEnded } from '../lake/ended-backfills.ts';
import { ensureColumns } from '../lake/ensure-table.ts';
import { publishWhole } from '../lake/hive/publish-rewrite.ts';
import { unitsOf } from '../plans/backfill.ts';
import {
  type StagedRows,
  stagedRows,
  stepRewrite,
  stepState,
  type StepState,
  type WantedMerge,
} from '../plans/backfill-merge.ts';
import { BACKFILL_STEPS, type BackfillStep, openTurn, turnRewriteId } from '../plans/backfill-turn.ts';
import { rewriteAppId } from '../plans/rewrite.ts';
import { type BackfillInput, type BackfillParts, openBackfill, type OpenBackfill, tableOf } from './open-backfill.ts';

/** Units, or merges, that one answer asks for; the rest follows with the next. */
export const MAX_UNITS_WANTED = 500;
export const MAX_MERGES_WANTED = 200;

/** What a backfill needs next. */
export type BackfillNeed =
  | { readonly kind: 'approval' }
  /** Units that no attempt has ended yet. */
  | { readonly kind: 'units'; readonly units: readonly number[] }
  | { readonly kind: 'merges'; readonly merges: readonly WantedMerge[] }
  /** Another backfill is half committed, and must end first. */
  | { readonly kind: 'turn'; readonly of: number }
  | { readonly kind: 'nothing'; readonly publicationFailure: string | null }
  | { readonly kind: 'cancelled'; readonly by: string };

/** Times that one call looks again after others came first, before it asks for merges anew. */
const MAX_LOOKS = 10;

/**
 * Brings a backfill as far as it comes without deriving or merging anything, and says what it needs then. All that it goes by
 * is in the lake: so any restart, and any number of them at once, may go on with any backfill.
 */
export async function advanceBackfill(parts: BackfillParts, input: BackfillInput): Promise<BackfillNeed> {
  const backfill = await openBackfill(parts, input);
  const decision = await backfill.files.readDecision(input.number);
  if (decision?.decision === 'cancel') return { kind: 'cancelled', by: decision.by };
  if ((await backfill.files.readApproval(input.number)) === undefined) return { kind: 'approval' };
  await backfill.rejected.log.refresh();
  // A vacuum may have deleted the units of one that has ended: they are not wanted again.
  if (isEnded(backfill.rejected.log, input.number)) return new Advance(parts, backfill, stagedRows([])).run();
  const units = await backfill.files.units(input.number);
  const done = new Set(units.map(({ unit }) => unit));
  const undone = unitsOf(backfill.plan).flatMap((_, unit) => (done.has(unit) ? [] : [unit]));
  if (undone.length > 0) return { kind: 'units', units: undone.slice(0, MAX_UNITS_WANTED) };
  return new Advance(parts, backfill, stagedRows(units)).run();
}

class Advance {
  readonly #parts: BackfillParts;
  readonly #backfill: OpenBackfill;
  readonly #staged: StagedRows;

  constructor(parts: BackfillParts, backfill: OpenBackfill, staged: StagedRows) {
    this.#parts = parts;
    this.#backfill = backfill;
    this.#staged = staged;
  }

  async run(): Promise<BackfillNeed> {
    const { plan, main, rejected } = this.#backfill;
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      await Promise.all([main.log.refresh(), rejected.log.refresh()]);
      const step = BACKFILL_STEPS.find((candidate) => !this.#isCommitted(candidate));
      if (step === undefined) return { kind: 'nothing', publicationFailure: await this.#publish() };
      // The table takes up what the definition has got since the last batch.
      if (step === 'bring') await ensureColumns(main.log, main.shape);
      const need = await this.#need(step);
      if (need !== undefined) return need;
      const outcome = await this.#commit(step);
      if (outcome.kind === 'cancelled') return outcome;
    }
    throw new SluiceError(
      'LAKE_BUSY',
      `Backfill ${plan.number} of ${plan.table} found its logs changed at each look.`,
      {
        remedy: 'It is tried again by itself.',
      },
    );
  }

  /** What must be merged, or waited for, before a step; before the first, also what the second one needs. */
  async #need(step: BackfillStep): Promise<BackfillNeed | undefined> {
    const merges = await this.#backfill.files.merges(this.#backfill.plan.number);
    const steps = step === 'bring' ? (['bring', 'replace'] as const) : [step];
    const wanted = steps.flatMap((each) => this.#stateOf(each, merges).wanted);
    if (wanted.length > 0) return { kind: 'merges', merges: wanted.slice(0, MAX_MERGES_WANTED) };
    const open = step === 'bring' ? openTurn(this.#backfill.rejected.log.snapshot.transactions) : undefined;
    return open === undefined ? undefined : { kind: 'turn', of: open };
  }

  async #commit(step: BackfillStep): Promise<{ kind: 'tried' } | { kind: 'cancelled'; by: string }> {
    const { plan, files } = this.#backfill;
    const { log, compaction } = tableOf(this.#backfill, step);
    if (step === 'bring') {
      // From here on it is finished, whatever happens; a cancellation that came first has settled it otherwise.
      const decidedAtMs = this.#parts.clock.nowMs();
      const decided = await files.decide(plan.number, {
        format: 1,
        decision: 'commit',
        decidedAtMs,
        by: plan.plannedBy,
      });
      if (decided.decision === 'cancel') return { kind: 'cancelled', by: decided.by };
    }
    const { ready, wanted } = this.#stateOf(step, await files.merges(plan.number));
    if (wanted.length > 0) return { kind: 'tried' };
    const rewrite = stepRewrite(plan.number, step, ready, log.snapshot.version);
    await commitRewrite(log, { ...rewrite, sealAfterMs: compaction.sealAfterMs });
    await log.checkpointIfDue();
    return { kind: 'tried' };
  }

  #stateOf(step: BackfillStep, merges: Parameters<typeof stepState>[0]['merges']): StepState {
    const { log, columns } = tableOf(this.#backfill, step);
    return stepState({ plan: this.#backfill.plan, step, staged: this.#staged, merges }, log.snapshot, columns);
  }

  #isCommitted(step: BackfillStep): boolean {
    const { log } = tableOf(this.#backfill, step);
    const id = turnRewriteId({ number: this.#backfill.plan.number, step });
    return log.snapshot.transactionVersion(rewriteAppId(id)) !== undefined;
  }

  async #publish(): Promise<string | null> {
    const { main, rejected } = this.#backfill;
    const failures: (string | null)[] = [];
    for (const { shape, log } of [main, rejected]) failures.push(await publishWhole(this.#parts, shape, log));
    return failures.find((failure) => failure !== null) ?? null;
  }
}
