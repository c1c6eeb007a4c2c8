import type { BatchSeal, LostRange } from '../plans/batch.ts';
import { LOSSES_FOLDER, lossPath } from '../plans/table-paths.ts';
import type { Storage } from './storage/storage.ts';

/** What one batch passed over, by an operator's decision. */
export interface BatchLosses {
  readonly format: 1;
  readonly sequence: number;
  readonly revision: number;
  readonly lost: readonly LostRange[];
}

/**
 * Keeps a sealed batch's losses where they are found without reading through all plans. Done before the batch is committed,
 * so that what is committed and has no rows is always known.
 */
export async function recordLosses(storage: Storage, tablePath: string, seal: BatchSeal): Promise<void> {
  if (seal.lost === undefined || seal.lost.length === 0) return;
  const { sequence, revision, lost } = seal;
  const losses: BatchLosses = { format: 1, sequence, revision, lost };
  await storage.createIfAbsent(`${tablePath}/${lossPath(sequence)}`, Buffer.from(`${JSON.stringify(losses)}\n`));
}

/** Everything that a table has given up, in order of batch, up to and with the last one that is committed. */
export async function readLosses(storage: Storage, tablePath: string, committedSequence: number): Promise<LostRange[]> {
  const lost: LostRange[] = [];
  for await (const { path } of storage.list(`${tablePath}/${LOSSES_FOLDER}`)) {
    const bytes = await storage.read(path);
    if (bytes === undefined) continue;
    const losses = JSON.parse(bytes.toString('utf8')) as BatchLosses;
    if (losses.sequence <= committedSequence) lost.push(...losses.lost);
  }
  return lost;
}
