import { SluiceError } from '../errors/sluice-error.ts';

/**
 * Kinds of work, each with a task queue of its own, that a worker may take.
 * `ingest`: tables' workflows and batches, and parts of batches. `parts`: parts of batches alone. `background`: compaction,
 * backfill, vacuum, retention. `audit`: audits.
 */
export const WORKER_QUEUES = ['ingest', 'parts', 'background', 'audit'] as const;
export type WorkerQueue = (typeof WORKER_QUEUES)[number];

/** The processes that work is done in: what may wait has one of its own, of low priority, so that live ingestion comes first. */
export type WorkerProcess = 'worker' | 'background';

const PROCESS_OF: Readonly<Record<WorkerQueue, WorkerProcess>> = {
  ingest: 'worker',
  parts: 'worker',
  background: 'background',
  audit: 'background',
};

export interface WorkerSelection {
  readonly process: WorkerProcess;
  readonly queues: ReadonlySet<WorkerQueue>;
}

/** What a process takes that is told nothing. */
export function allQueuesOf(process: WorkerProcess): ReadonlySet<WorkerQueue> {
  return new Set(WORKER_QUEUES.filter((queue) => PROCESS_OF[queue] === process));
}

/**
 * Reads names of queues, separated by commas. Who ingests takes parts too: a batch that is divided never waits for others.
 * @throws SluiceError USAGE
 */
export function selectQueues(text: string): WorkerSelection {
  const names = text.split(',').map((name) => name.trim());
  const queues = names.map((name) => {
    const queue = WORKER_QUEUES.find((known) => known === name);
    if (queue === undefined) throw usage(`--queues: "${name}" is none of ${WORKER_QUEUES.join(', ')}.`);
    return queue;
  });
  const [process = 'worker', ...others] = new Set(queues.map((queue) => PROCESS_OF[queue]));
  if (others.length > 0) {
    throw usage(
      `--queues: ${names.join(', ')} are not taken by one process.`,
      'Start two workers: one with ingest or parts, one with background or audit.',
    );
  }
  return { process, queues: new Set([...queues, ...(queues.includes('ingest') ? (['parts'] as const) : [])]) };
}

/**
 * What a worker's process was told to take by its arguments, `--queues NAMES` or nothing.
 * @throws SluiceError USAGE
 */
export function queuesOfArguments(process: WorkerProcess, args: readonly string[]): ReadonlySet<WorkerQueue> {
  const [flag, names] = args;
  if (flag === undefined) return allQueuesOf(process);
  if (flag !== '--queues' || names === undefined) throw usage(`"${args.join(' ')}" is not --queues NAMES.`);
  const selection = selectQueues(names);
  if (selection.process === process) return selection.queues;
  throw usage(`--queues: ${names} is taken by another process than the ${process}.`);
}

function usage(message: string, remedy = 'See `sluice worker --help`.'): SluiceError {
  return new SluiceError('USAGE', message, { remedy });
}
