import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { SluiceError } from '../errors/sluice-error.ts';
import { HOME_MARKER, stopLeftovers } from '../infra/stack.ts';
import { isRunning } from '../infra/process-identity.ts';
import { StackRecord, SUPERVISOR } from '../infra/stack-record.ts';
import { stopProcess } from '../infra/stop-process.ts';
import { readSettings } from '../settings/settings.ts';

/** The supervisor stops every component in order, each within its own limit. */
const SUPERVISOR_STOP_LIMIT_MS = 60_000;

export function registerDown(program: Command): void {
  program
    .command('down')
    .description('Stop everything that `sluice up` started, also after a crash')
    .option('--purge', 'delete all state as well: the lake in the home, services’ data, logs', false)
    .action(async ({ purge }: { purge: boolean }) => {
      const settings = readSettings();
      const record = new StackRecord(settings.home);
      const supervisor = record.read(SUPERVISOR);
      const wasUp = supervisor !== undefined && isRunning(supervisor);
      if (wasUp) await stopProcess(supervisor, SUPERVISOR_STOP_LIMIT_MS);
      record.remove(SUPERVISOR);
      const leftovers = await stopLeftovers(settings, console.log);
      console.log(wasUp || leftovers > 0 ? 'Sluice is down.' : 'Nothing was running.');
      if (purge) await purgeHome(settings.home);
    });
}

async function purgeHome(home: string): Promise<void> {
  if (!existsSync(home)) return;
  if (!existsSync(join(home, HOME_MARKER))) {
    throw new SluiceError('USAGE', `${home} is no home of Sluice's: nothing was deleted.`, {
      remedy: 'Check SLUICE_HOME.',
    });
  }
  await rm(home, { recursive: true });
  console.log(`Deleted ${home}.`);
}
