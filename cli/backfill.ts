import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { sourceNamed, withSource } from '../backfill/named-source.ts';
import { keepProposal, proposeBackfill, type Proposal, type ProposalInput } from '../backfill/propose-backfill.ts';
import { keepSource, type ProposedSource } from '../backfill/record-source.ts';
import { SYSTEM_CLOCK } from '../clock/clock.ts';
import { loadDefinition } from '../definition/load.ts';
import type { EngineName, TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { rejectedRuns } from '../lake/rejected-runs.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { BackfillPlan, BackfillScope } from '../plans/backfill.ts';
import { UNITS_AT_ONCE } from '../plans/backfill-planning.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { connectTemporal } from '../temporal/client.ts';
import { startBackfill } from '../temporal/start-work.ts';
import type { BackfillStatus } from '../workflows/backfill-protocol.ts';
import { registerBackfillCommands } from './backfill-commands.ts';
import { showingProgress } from './backfill-progress.ts';
import { outlookInWords, statusInWords } from './backfill-text.ts';
import { engineOption } from './engine-option.ts';
import { momentOf } from './moment.ts';
import { recorded } from './recorded-action.ts';
import { wholeNumber } from './whole-number.ts';

const MAX_UNITS_AT_ONCE = 64;
/** Longest that the brokers are waited for. */
const KAFKA_LIMIT_MS = 30_000;

interface BackfillOptions {
  readonly from?: string;
  readonly to?: string;
  readonly fromOffset?: string;
  readonly toOffset?: string;
  readonly partition?: string;
  readonly unitsAtOnce: string;
  readonly maxRows?: string;
  readonly dropped: boolean;
  readonly source: string;
  readonly engine: EngineName;
  readonly propose: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly json: boolean;
}

export function registerBackfill(program: Command): void {
  const command = program
    .command('backfill')
    .description('Derive records anew by the current definition, and replace what the table holds of them')
    .argument('<table>', 'name of the table');
  withCommonOptions(command)
    .addHelpText('after', '\nWithout --propose or --yes it only shows what would be done. See docs/backfill.md.')
    .action(async (table: string, options: BackfillOptions) => {
      if (options.from === undefined && options.fromOffset === undefined) {
        throw new SluiceError('USAGE', 'A backfill needs --from or --from-offset.');
      }
      await backfill(table, 'all', options);
    });
  registerBackfillCommands(command);
}

export function registerRedrive(program: Command): void {
  const command = program
    .command('redrive')
    .description('Derive rejected records anew by the current definition: each ends in the table, or rejected again')
    .argument('<table>', 'name of the table');
  withCommonOptions(command)
    .addHelpText(
      'after',
      '\nWithout --propose or --yes it only shows what would be done. It is a backfill: see docs/backfill.md.',
    )
    .action((table: string, options: BackfillOptions) => backfill(table, 'rejected', options));
}

function withCommonOptions(command: Command): Command {
  return command
    .option(
      '--from <time>',
      'from the first record of this time on, by Kafka’s timestamps: ISO 8601, or a duration ago',
    )
    .option('--to <time>', 'up to the first record of this time; without it, up to what is committed')
    .option('--from-offset <offset>', 'from this offset on, of every Kafka partition or of that of --partition')
    .option('--to-offset <offset>', 'up to and without this offset')
    .option('--partition <number>', 'only this Kafka partition')
    .option('--units-at-once <number>', 'units that are derived side by side', String(UNITS_AT_ONCE))
    .option('--max-rows <number>', 'derive at most so many records a second')
    .option('--source <source>', 'where records are read: kafka, archive, or files:PATH', 'kafka')
    .addOption(engineOption('what derives them; spark reads Kafka only').default('duckdb'))
    .option('--dropped', 'also rows of partitions that retention has dropped', false)
    .option('--propose', 'keep it in the lake, where it waits for: sluice backfill approve', false)
    .option('--yes', 'begin at once', false)
    .option('--no-wait', 'with --yes: do not wait until it has ended')
    .option('--json', 'print JSON', false);
}

/** Shows what a backfill would do; keeps and starts it where that is asked for. */
async function backfill(table: string, scope: BackfillScope, options: BackfillOptions): Promise<void> {
  if (options.propose && options.yes) {
    throw new SluiceError('USAGE', '--propose waits for an approval and --yes does not: give one of them.');
  }
  const settings = readSettings();
  const definition = loadDefinition(settings.tablesFolder, table);
  const named = sourceNamed(options.source);
  if (named === undefined) {
    throw new SluiceError('USAGE', `--source takes kafka, archive or files:PATH, not "${options.source}".`);
  }
  const storage = openStorage(settings);
  const openCluster = (): KafkaCluster => new KafkaCluster(settings.kafka, 'sluice-cli');
  await withSource({ storage, openCluster }, definition, named, async (source) => {
    const proposal = await propose(storage, definition, source, scope, options);
    if (options.propose || options.yes) await begin(settings, proposal, source, options);
    else if (options.json) {
      console.log(JSON.stringify({ table, scope: proposal.plan.scope, ...proposal.outlook }, null, 2));
    } else for (const line of outlookInWords(table, proposal)) console.log(line);
  });
}

async function begin(
  settings: Settings,
  proposal: Proposal,
  { localPath }: ProposedSource,
  options: BackfillOptions,
): Promise<void> {
  const client = await connectTemporal(settings);
  const storage = openStorage(settings);
  const { table, plannedBy: by, scope } = proposal.plan;
  const kept = { action: 'propose-backfill', table, by, arguments: askedFor(scope, options) };
  const plan = await recorded(settings, kept, () => keepProposal(storage, proposal));
  const { number } = plan;
  const { path } = mainTable(proposal.definition);
  if (localPath !== undefined) await keepSource(storage, plan, path, localPath);
  if (options.yes) {
    const files = new BackfillFiles(storage, path);
    const approved = { action: 'approve-backfill', table, by, arguments: { number } };
    await recorded(settings, approved, () => files.approve(number, { format: 1, approvedAtMs: Date.now(), by }));
  }
  const work = await startBackfill(client, plan);
  await report(plan, options, work.workflowId, () => {
    const result = work.result();
    return process.stderr.isTTY && !options.json ? showingProgress(client, plan, result) : result;
  });
}

/** What is kept of who asked for it: which records, and how. */
function askedFor(scope: BackfillScope, options: BackfillOptions): Record<string, unknown> {
  const { from, to, fromOffset, toOffset, partition, source, engine, dropped } = options;
  const given = { scope, from, to, fromOffset, toOffset, partition, source, engine, ...(dropped ? { dropped } : {}) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function report(
  plan: BackfillPlan,
  { yes, wait, json }: BackfillOptions,
  workflowId: string,
  result: () => Promise<BackfillStatus>,
): Promise<void> {
  if (yes && wait) {
    if (!json) console.log(`Backfill ${plan.number} of ${plan.table} has begun.`);
    const status = await result();
    if (json) console.log(JSON.stringify(status, null, 2));
    else for (const line of statusInWords(status)) console.log(line);
    if (status.state !== 'Done') process.exitCode = 1;
    return;
  }
  if (json) console.log(JSON.stringify({ table: plan.table, number: plan.number, workflowId }, null, 2));
  else if (yes)
    console.log(
      `Backfill ${plan.number} of ${plan.table} has begun: sluice backfill show ${plan.table} ${plan.number}`,
    );
  else console.log(`Backfill ${plan.number} waits: sluice backfill approve ${plan.table} ${plan.number}`);
}

async function propose(
  storage: Storage,
  definition: TableDefinition,
  { kind, offsets, recordSizeBytes }: ProposedSource,
  scope: BackfillScope,
  options: BackfillOptions,
): Promise<Proposal> {
  const input: ProposalInput = {
    ...{ definition, scope, source: kind, engine: options.engine, by: userInfo().username },
    ...rangeOf(options, Date.now()),
  };
  return proposeBackfill(
    {
      ...{ storage, cluster: offsets, clock: SYSTEM_CLOCK, recordSizeBytes },
      rejectedRuns: (rejected) => rejectedRuns(storage, rejected, rejectedTable(definition).path),
    },
    input,
    AbortSignal.timeout(KAFKA_LIMIT_MS),
  );
}

type Range = Pick<ProposalInput, 'partition' | 'from' | 'to' | 'unitsAtOnce' | 'maxRowsPerSecond' | 'includesDropped'>;

/** @throws SluiceError USAGE */
function rangeOf(options: BackfillOptions, nowMs: number): Range {
  const { partition, maxRows } = options;
  const from = boundOf('from', options.from, options.fromOffset, nowMs);
  const to = boundOf('to', options.to, options.toOffset, nowMs);
  const unitsAtOnce = Number(wholeNumber('--units-at-once', options.unitsAtOnce));
  if (unitsAtOnce < 1 || unitsAtOnce > MAX_UNITS_AT_ONCE) {
    throw new SluiceError('USAGE', `--units-at-once takes a number from 1 to ${MAX_UNITS_AT_ONCE}.`);
  }
  return {
    ...(partition === undefined ? {} : { partition: Number(wholeNumber('--partition', partition)) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    unitsAtOnce,
    includesDropped: options.dropped,
    maxRowsPerSecond: maxRows === undefined ? null : Math.max(1, Number(wholeNumber('--max-rows', maxRows))),
  };
}

function boundOf(
  name: 'from' | 'to',
  time: string | undefined,
  offset: string | undefined,
  nowMs: number,
): Range['from'] {
  if (time !== undefined && offset !== undefined) {
    throw new SluiceError('USAGE', `--${name} and --${name}-offset say the same thing: give one of them.`);
  }
  if (offset !== undefined) return { offset: wholeNumber(`--${name}-offset`, offset) };
  return time === undefined ? undefined : { timeMs: momentOf(`--${name}`, time, nowMs) };
}
