import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Command } from 'commander';
import type { ComponentCommand } from '../infra/component.ts';
import { ownProcesses } from '../infra/own-processes.ts';
import { readSettings } from '../settings/settings.ts';
import { selectQueues } from '../settings/worker-queues.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('Run one more worker here, on whatever machine this is, until Ctrl-C or SIGTERM; docs/scale-out.md')
    .option(
      '--queues <names>',
      'what it takes: ingest (batches and their parts), parts (of large batches, alone), or background, audit',
      'ingest',
    )
    .addHelpText(
      'after',
      '\nEvery worker of a lake needs the same KAFKA_BROKERS, TEMPORAL_ADDRESS, HIVE_METASTORE_URIS, SLUICE_LAKE, table definitions and version of Sluice.',
    )
    .action(async ({ queues }: { queues: string }) => {
      const { process: name } = selectQueues(queues);
      const processes = ownProcesses(readSettings(), { topic: '', simulatedServers: 0, environment: {} });
      const launch = processes[name].command();
      process.exitCode = await runHere({ ...launch, args: [...launch.args, '--queues', queues] });
    });
}

/** Runs a process in the place of this one: with its terminal, its signals and its end. */
async function runHere({ file, args, environment }: ComponentCommand): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches the child by itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
