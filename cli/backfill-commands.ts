import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type KnownBackfill, listBackfills } from '../backfill/list-backfills.ts';
import { loadDefinition } from '../definition/load.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { readSettings } from '../settings/settings.ts';
import {
  BACKFILL_COMMANDS,
  backfillStatus,
  type BackfillCommandName,
  commandBackfill,
} from '../temporal/backfill-command.ts';
import { connectTemporal } from '../temporal/client.ts';
import { statusInWords } from './backfill-text.ts';
import { recorded } from './recorded-action.ts';

const DESCRIPTIONS: Readonly<Record<BackfillCommandName, string>> = {
  approve: 'Let a proposed backfill begin',
  pause: 'Pause a backfill once what is under way has ended; what is derived stays',
  resume: 'Go on with a paused backfill, from the units that are done',
  cancel: 'Cancel a backfill for good; nothing of it will be visible',
};

interface Options {
  readonly json: boolean;
}

/** `sluice backfill list`, `show`, `approve`, `pause`, `resume` and `cancel`. */
export function registerBackfillCommands(backfill: Command): void {
  for (const name of BACKFILL_COMMANDS) {
    numbered(backfill.command(name).description(DESCRIPTIONS[name])).action(
      async (table: string, number: number, { json }: Options) => {
        const settings = readSettings();
        loadDefinition(settings.tablesFolder, table);
        const client = await connectTemporal(settings);
        const by = userInfo().username;
        const asked = { action: `${name}-backfill`, table, by, arguments: { number } };
        const status = await recorded(settings, asked, () => commandBackfill(client, { table, number }, name, by));
        if (json) console.log(JSON.stringify(status, null, 2));
        // It ends once what is under way has ended, and then says so.
        else if (name === 'cancel') console.log(`Backfill ${number} of ${table} is being cancelled.`);
        else for (const line of statusInWords(status)) console.log(line);
      },
    );
  }
  numbered(backfill.command('show').description('Show one backfill: its plan, and how far it has come')).action(show);
  backfill
    .command('list')
    .description('List the backfills of a table, by the lake alone')
    .argument('<table>', 'name of the table')
    .option('--json', 'print JSON', false)
    .action(async (table: string, { json }: Options) => {
      const settings = readSettings();
      const known = await listBackfills(openStorage(settings), loadDefinition(settings.tablesFolder, table));
      if (json) console.log(JSON.stringify(known, null, 2));
      else if (known.length === 0) console.log(`${table} has no backfills.`);
      else for (const one of known) console.log(lineOf(one));
    });
}

function numbered(command: Command): Command {
  return command
    .argument('<table>', 'name of the table')
    .argument('<number>', 'of the backfill', backfillNumber)
    .option('--json', 'print JSON', false);
}

async function show(table: string, number: number, { json }: Options): Promise<void> {
  const settings = readSettings();
  const definition = loadDefinition(settings.tablesFolder, table);
  const [known] = await listBackfills(openStorage(settings), definition, number);
  if (known === undefined) return;
  const status = await connectTemporal(settings).then(
    (client) => backfillStatus(client, { table, number }),
    () => null,
  );
  if (json) console.log(JSON.stringify({ ...known, workflow: status }, null, 2));
  else {
    console.log(lineOf(known));
    for (const { partition, startOffset, endOffset } of known.plan.ranges) {
      console.log(`  Kafka partition ${partition}: offsets ${startOffset} to ${BigInt(endOffset) - 1n}`);
    }
    for (const line of status === null ? [] : statusInWords(status)) console.log(line);
  }
}

function lineOf({ plan, state, units, unitsDone, rows, rejectedRows }: KnownBackfill): string {
  const planned = `planned ${new Date(plan.plannedAtMs).toISOString()} by ${plan.plannedBy}`;
  const of = plan.scope === 'rejected' ? ', of rejected records' : '';
  const derived = rows === null || rejectedRows === null ? '' : `, ${rows} rows, ${rejectedRows} rejected`;
  return `${plan.number}  ${state}  ${unitsDone} of ${units} units${derived}; ${planned}${of}`;
}

function backfillNumber(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes the number of a backfill: see `sluice backfill list`.');
}
