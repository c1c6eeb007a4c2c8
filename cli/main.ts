import { Command, CommanderError } from 'commander';
import { asSluiceError } from '../errors/sluice-error.ts';
import { registerAcceptLoss } from './accept-loss.ts';
import { registerAudit } from './audit.ts';
import { registerBackfill, registerRedrive } from './backfill.ts';
import { registerCompact } from './compact.ts';
import { registerCompletion } from './completion.ts';
import { registerDashboard } from './dashboard.ts';
import { registerDoctor } from './doctor.ts';
import { registerDown } from './down.ts';
import { registerHours } from './hours.ts';
import { registerIngestCommands } from './ingest-commands.ts';
import { takeLakeOfStack } from './lake-of-stack.ts';
import { registerPlan } from './plan.ts';
import { registerRetention } from './retention.ts';
import { registerSchedules } from './schedules.ts';
import { registerSql } from './sql.ts';
import { registerStatus } from './status.ts';
import { registerTables } from './tables.ts';
import { registerUp } from './up.ts';
import { registerVacuum } from './vacuum.ts';
import { registerWorker } from './worker.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const program = new Command('sluice')
  .description('Kafka to committed Parquet in Hive tables, exactly once, coordinated by Temporal.')
  .version('0.1.0')
  .showHelpAfterError()
  // An option belongs to the command that it stands behind.
  .enablePositionalOptions()
  .exitOverride()
  .hook('preAction', () => takeLakeOfStack(process.env));
registerUp(program);
registerDown(program);
registerDoctor(program);
registerDashboard(program);
registerStatus(program);
registerTables(program);
registerHours(program);
registerIngestCommands(program);
registerCompact(program);
registerBackfill(program);
registerRedrive(program);
registerSql(program);
registerAudit(program);
registerVacuum(program);
registerRetention(program);
registerPlan(program);
registerAcceptLoss(program);
registerSchedules(program);
registerWorker(program);
registerCompletion(program);

try {
  await program.parseAsync();
  await end();
} catch (thrown) {
  if (thrown instanceof CommanderError) await end(thrown.exitCode === 0 ? 0 : EXIT_USAGE);
  const error = asSluiceError(thrown);
  if (process.argv.includes('--json')) {
    console.error(
      JSON.stringify({ error: { code: error.code, message: error.message, remedy: error.remedy ?? null } }),
    );
  } else {
    console.error(`sluice: ${error.message}`);
    if (error.remedy !== undefined) console.error(`  ${error.remedy}`);
    if (error.code === 'INTERNAL') console.error(thrown);
  }
  await end(error.code === 'USAGE' ? EXIT_USAGE : EXIT_FAILED);
}

/** Ends once all is said: what goes to another process may still be on its way when it has been written. */
async function end(exitCode = process.exitCode): Promise<void> {
  const said = [process.stdout, process.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => {
        stream.once('error', resolve);
        stream.write('', () => resolve());
      }),
  );
  await Promise.all(said);
  process.exit(exitCode);
}
