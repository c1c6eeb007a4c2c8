import { join } from 'node:path';
import { DuckDbSession } from '../../duckdb/session.ts';
import { SluiceError } from '../../errors/sluice-error.ts';

/** One thread, so that ingestion beside it always finds a core. */
export const REWRITE_THREADS = 1;
/** Memory that sorting may take before it goes on in the scratch folder. */
export const REWRITE_MEMORY_LIMIT = '256MB';
const INTERRUPT_EVERY_MS = 50;

export interface SessionRequest {
  readonly partition: { readonly name: string };
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
}

/** Rewrites a partition in a session of its own, which ends when it is cancelled. @throws SluiceError ENGINE_FAILED */
export async function inRewriteSession<T>(
  request: SessionRequest,
  rewrite: (session: DuckDbSession) => Promise<T>,
): Promise<T> {
  const session = await DuckDbSession.open({
    threads: REWRITE_THREADS,
    memoryLimit: REWRITE_MEMORY_LIMIT,
    spillFolder: join(request.scratchFolder, 'spill'),
  });
  // Again and again, since between two statements there is nothing to interrupt.
  const interrupts = setInterval(() => {
    if (request.signal.aborted) session.connection.interrupt();
  }, INTERRUPT_EVERY_MS);
  try {
    request.signal.throwIfAborted();
    const result = await rewrite(session);
    request.signal.throwIfAborted();
    return result;
  } catch (thrown) {
    request.signal.throwIfAborted();
    if (thrown instanceof SluiceError) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new SluiceError('ENGINE_FAILED', `DuckDB failed to rewrite ${request.partition.name}: ${message}`, {
      remedy: 'Nothing was changed, and it is tried again; if it fails for ever, see the worker’s log.',
      cause: thrown,
    });
  } finally {
    clearInterval(interrupts);
    session.close();
  }
}

/** @throws SluiceError COUNT_MISMATCH where what was written is not what was read */
export function requireSameContents(
  partition: string,
  before: { readonly rows: number; readonly checksum: string },
  after: { readonly rows: number; readonly checksum: string },
): void {
  if (after.rows === before.rows && after.checksum === before.checksum) return;
  const counts = `${before.rows} rows (checksum ${before.checksum}) became ${after.rows} (${after.checksum})`;
  throw new SluiceError('COUNT_MISMATCH', `A rewrite of ${partition} went wrong: ${counts}.`, {
    remedy: 'Nothing was changed, and it is tried again; if it fails for ever, see the worker’s log.',
  });
}
