import type { Command } from 'commander';
import { SluiceError } from '../errors/sluice-error.ts';
import { PathLock } from '../infra/path-lock.ts';
import { purgeHome } from '../infra/home.ts';
import { stopLeftovers } from '../infra/leftovers.ts';
import { StackRecord } from '../infra/stack-record.ts';
import { stopProcess } from '../infra/stop-process.ts';
import { readSettings } from '../settings/settings.ts';

/** The supervisor stops every component in order, each within its own limit. */
const SUPERVISOR_STOP_LIMIT_MS = 60_000;
/** For who cleans up after a crash to be done. */
const LOCK_LIMIT_MS = 15_000;

export function registerDown(program: Command): void {
  program
    .command('down')
    .description('Stop everything that `sluice up` started, also after a crash')
    .option('--purge', 'delete all state as well: the lake in the home, services’ data, logs', false)
    .action(async ({ purge }: { purge: boolean }) => {
      const { home } = readSettings();
      const supervisor = new StackRecord(home).supervisor();
      if (supervisor !== undefined) {
        console.log('Stopping …');
        await stopProcess(supervisor, SUPERVISOR_STOP_LIMIT_MS);
      }
      const lock = await PathLock.take(home, LOCK_LIMIT_MS);
      if (lock === undefined) {
        throw new SluiceError('HOME_BUSY', `Another process starts or stops a stack in ${home}.`, {
          remedy: 'Wait for it, and try again.',
        });
      }
      const leftovers = await stopLeftovers(home, console.log);
      console.log(supervisor !== undefined || leftovers > 0 ? 'Sluice is down.' : 'Nothing was running.');
      if (purge) reportPurge(home, purgeHome(home));
      await lock.release();
    });
}

function reportPurge(home: string, left: readonly string[]): void {
  const kept = left.length > 0 ? `; left as it was: ${left.join(', ')}` : '';
  console.log(`Deleted the state in ${home}${kept}.`);
}
