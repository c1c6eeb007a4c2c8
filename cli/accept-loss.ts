import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { definitionHash, loadDefinition } from '../definition/load.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { readTableStand } from '../lake/table-stand.ts';
import { type GivenUp, planWithLosses } from '../plans/operator-decision.ts';
import { readSettings } from '../settings/settings.ts';
import { carryOut, printDecision, requireWellFounded } from './decision.ts';

interface AcceptLossOptions {
  readonly partition?: string;
  readonly to?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

export function registerAcceptLoss(program: Command): void {
  program
    .command('accept-loss')
    .description('Let a table go on without records that it can’t get, and record for good which ones')
    .argument('<table>', 'name of the table')
    .option('--partition <number>', 'give up records of this Kafka partition that can’t be ingested')
    .option('--to <offset>', 'with --partition: those from where the table stands up to and without this offset')
    .option('--yes', 'do it; without this, only what would be done is shown', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nWithout --partition it is about what has expired in Kafka before it was read.')
    .action(acceptLoss);
}

async function acceptLoss(table: string, options: AcceptLossOptions): Promise<void> {
  const { yes, json, partition, to } = options;
  const wanted = givenUpOf(options);
  const settings = readSettings();
  const definition = loadDefinition(settings.tablesFolder, table);
  const storage = openStorage(settings);
  const stand = await readTableStand(storage, definition);
  const available = await requireWellFounded(settings, storage, definition, stand, { evolve: yes });
  const by = userInfo().username;
  const revision = planWithLosses(stand, available, {
    by,
    definitionHash: definitionHash(definition),
    nowMs: Date.now(),
    ...(wanted === undefined ? {} : { givenUp: wanted }),
  });
  const asked = { action: 'accept-loss', table, by, arguments: { sequence: revision.sequence, partition, to } };
  const created = yes ? await carryOut(settings, asked, { storage, definition, revision }) : undefined;
  await printDecision({ stand, revision, created, definition, storage, json });
}

/** @throws SluiceError USAGE */
function givenUpOf({ partition, to }: AcceptLossOptions): GivenUp | undefined {
  if (partition === undefined && to === undefined) return undefined;
  if (/^\d{1,9}$/.test(partition ?? '') && /^\d{1,18}$/.test(to ?? '')) {
    return { partition: Number(partition), to: BigInt(to ?? 0) };
  }
  throw new SluiceError('USAGE', '--partition and --to belong together, and are whole numbers.');
}
