import { createHash } from 'node:crypto';
import type { PlannedRange } from '../../plans/batch.ts';

/** Which try at a batch: an operation that failed or was lost is done anew under another id, never begun twice. */
export interface OperationKey {
  /** Names the table, whatever else runs on the same server. */
  readonly lake: string;
  readonly topicId: string;
  readonly table: string;
  readonly sequence: number;
  readonly revision: number;
  readonly shard: number;
  readonly ranges: readonly PlannedRange[];
  /** What is not a batch of the table's own: a unit of a backfill. */
  readonly purpose: string | undefined;
  readonly generation: number;
}

/** One session, and in it an operation for the rows and one for the archive. */
export interface OperationIds {
  readonly sessionId: string;
  readonly operationId: string;
  readonly archivingId: string;
}

/**
 * Ids that every attempt at one batch comes to by itself: so a retry joins what is running already, instead of starting
 * it a second time.
 */
export function operationIds(key: OperationKey): OperationIds {
  const ranges = key.ranges.map(({ partition, startOffset, endOffset }) => [partition, startOffset, endOffset]);
  const batch = [key.sequence, key.revision, key.shard, key.purpose ?? null, ranges];
  const parts = [key.lake, key.topicId, key.table, ...batch, key.generation];
  const text = JSON.stringify(parts);
  return {
    sessionId: uuidOf(`session ${text}`),
    operationId: uuidOf(`operation ${text}`),
    archivingId: uuidOf(`archiving ${text}`),
  };
}

/** A UUID of version 8 (RFC 9562), out of the text's hash. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
