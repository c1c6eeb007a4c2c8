import type { Client } from '@temporalio/client';
import type { StartedWork } from '../temporal/start-work.ts';

const EVERY_MS = 1_000;

/** Waits for work in the background. On a terminal one line says meanwhile what it does, as the Temporal UI does. */
export async function awaited<T>(client: Client, work: StartedWork<T>, json: boolean): Promise<T> {
  if (!process.stderr.isTTY || json) return work.result();
  const begunMs = performance.now();
  const handle = client.workflow.getHandle(work.workflowId);
  let isAsking = false;
  let isOver = false;
  const timer = setInterval(() => {
    // A worker that is busy answers late, and then once is enough.
    if (isAsking) return;
    isAsking = true;
    void handle
      .query<{ currentDetails?: string }>('__temporal_workflow_metadata')
      .then(({ currentDetails = '' }) => {
        if (!isOver) show(progressLine(currentDetails, performance.now() - begunMs));
      })
      // It is for show: who waits is told by the result.
      .catch(() => undefined)
      .finally(() => (isAsking = false));
  }, EVERY_MS);
  try {
    return await work.result();
  } finally {
    isOver = true;
    clearInterval(timer);
    process.stderr.write('\r\u001b[K');
  }
}

function show(line: string): void {
  const { columns } = process.stderr;
  process.stderr.write(`\r\u001b[K${columns > 0 ? line.slice(0, columns - 1) : line}`);
}

/** `Compaction of orders: Compacting, 12 s. It is number 2 of 3.`: of what a workflow says of itself, its state and what it does. */
export function progressLine(details: string, waitedMs: number): string {
  const head = /^\*\*(.+?)\*\*/.exec(details)?.[1] ?? 'It waits for a worker';
  const doing = /^\*\*Now:\*\* (.+)$/m.exec(details)?.[1] ?? '';
  return `${head}, ${Math.round(waitedMs / 1000)} s. ${doing.replaceAll('`', '')}`.trimEnd();
}
