import { advanceBackfill, type BackfillNeed } from '../../../backfill/advance-backfill.ts';
import { cancelBackfill } from '../../../backfill/decide-backfill.ts';
import { deriveUnit } from '../../../backfill/derive-unit.ts';
import { mergePartition } from '../../../backfill/merge-partition.ts';
import type { BackfillInput, BackfillParts } from '../../../backfill/open-backfill.ts';
import { keepProposal, proposeBackfill, runningBackfills } from '../../../backfill/propose-backfill.ts';
import { loadDefinition } from '../../../definition/load.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import { BackfillFiles } from '../../../lake/backfill-files.ts';
import { mainTable } from '../../../plans/table-shape.ts';
import type { TableWatch } from '../promises/table-watch.ts';
import { MemoryCluster } from '../services/memory-topic.ts';
import { RowEngine } from '../services/row-engine.ts';
import { RowMerger } from '../services/row-merger.ts';
import { RULES, withRule } from '../services/rule.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { partsOf } from './worker.ts';

const NEVER = new AbortController().signal;
const RETRY_DELAY_MS = 1_000;
const LONGEST_THOUGHT_MS = 10_000;
/** Times that one process goes on with a backfill after something failed; another may take it up again. */
const TRIES = 5;
/** Answers that a process may ask for: a backfill that needs more is not coming to an end. */
const MAX_TURNS = 300;
/** Refusals that somebody who asks for a backfill must bear. */
const REFUSALS = new Set(['BACKFILL_REFUSED', 'USAGE']);

type Parts = BackfillParts & { readonly cluster: MemoryCluster };

/** Asks for some offsets to be derived anew by some rule, and carries it out. */
export async function backfillOnce(world: World, process: SimulatedProcess, watch: TableWatch): Promise<void> {
  const table = watch.topic.name;
  const number = await refusable(() => propose(world, process, watch));
  if (number !== undefined) await carryOut(world, process, { table, number });
}

/** Goes on with what others have left, as a background worker does when it starts. */
export async function resumeBackfills(world: World, process: SimulatedProcess, table: string): Promise<void> {
  for (const number of await runningNumbers(world, process, table)) await carryOut(world, process, { table, number });
}

export async function cancelOne(world: World, process: SimulatedProcess, table: string): Promise<void> {
  const numbers = await runningNumbers(world, process, table);
  if (numbers.length === 0) return;
  const number = world.scheduler.random.pick(numbers);
  const { decision } = await cancelBackfill(parts(world, process), { table, number }, process.name);
  world.scheduler.trace.add(process.name, `cancels backfill ${number}: ${decision}`);
}

function parts(world: World, process: SimulatedProcess): Parts {
  const worker = partsOf(world, process);
  return {
    ...worker,
    cluster: new MemoryCluster(process, world.topics),
    engine: new RowEngine(process, world.topics, () => undefined),
    merger: new RowMerger(process),
  };
}

async function propose(world: World, process: SimulatedProcess, watch: TableWatch): Promise<number> {
  const { random } = world.scheduler;
  const worker = parts(world, process);
  const partition = Math.floor(random.next() * watch.topic.partitionCount);
  const end = watch.offset(partition);
  const from = Math.floor(random.next() * end);
  const to = from + Math.ceil(random.next() * (end - from));
  const definition = withRule(loadDefinition(worker.tablesFolder, watch.topic.name), random.pick(RULES));
  const everything = world.chooses(0.3);
  const proposal = await proposeBackfill(
    {
      ...worker,
      recordSizeBytes: () => Promise.resolve(undefined),
      rejectedRuns: () => Promise.resolve(watch.rejectedRuns()),
    },
    {
      definition,
      scope: world.chooses(0.3) ? 'rejected' : 'all',
      ...(everything ? {} : { partition, from: { offset: BigInt(from) }, to: { offset: BigInt(to) } }),
      by: process.name,
      unitsAtOnce: 1,
      maxRowsPerSecond: null,
      includesDropped: world.chooses(0.3),
    },
    NEVER,
  );
  // Others may ask for the same offsets meanwhile: that is refused only where it is seen.
  if (world.chooses(0.5)) await process.clock.sleep(Math.floor(random.next() * LONGEST_THOUGHT_MS));
  const { number, ranges } = await keepProposal(worker.storage, proposal);
  const { path } = mainTable(definition);
  const files = new BackfillFiles(worker.storage, path);
  await files.approve(number, { format: 1, approvedAtMs: worker.clock.nowMs(), by: process.name });
  world.scheduler.trace.add(process.name, `backfill ${number} of ${JSON.stringify(ranges)}: ${definition.description}`);
  return number;
}

async function runningNumbers(world: World, process: SimulatedProcess, table: string): Promise<number[]> {
  const { storage, tablesFolder, log: options } = parts(world, process);
  const definition = loadDefinition(tablesFolder, table);
  return (await runningBackfills(storage, definition, options)).map(({ number }) => number);
}

/** Does what the workflow has done, one after the other, until nothing is left or it has failed too often. */
async function carryOut(world: World, process: SimulatedProcess, input: BackfillInput): Promise<void> {
  const worker = parts(world, process);
  let failures = 0;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    try {
      const need = await advanceBackfill(worker, input);
      world.scheduler.trace.add(process.name, `backfill ${input.number} needs ${JSON.stringify(need)}`);
      if (need.kind === 'turn') await carryOut(world, process, { ...input, number: need.of });
      else if (!(await supply(worker, input, need))) return;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      world.heardFailure(process, thrown);
      failures += 1;
      if (failures > TRIES) return;
      await process.clock.sleep(RETRY_DELAY_MS);
    }
  }
  world.scheduler.violate(`${process.name}: backfill ${input.number} does not come to an end`);
}

/** @returns false where nothing is needed any more */
async function supply(worker: Parts, input: BackfillInput, need: BackfillNeed): Promise<boolean> {
  if (need.kind === 'units') for (const unit of need.units) await deriveUnit(worker, { ...input, unit }, NEVER);
  else if (need.kind === 'merges') {
    for (const merge of need.merges) await mergePartition(worker, { ...input, ...merge }, NEVER);
  } else return false;
  return true;
}

async function refusable<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof SluiceError && REFUSALS.has(thrown.code)) return undefined;
    throw thrown;
  }
}
