import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How records are sent: by which idempotent producer, and with which first sequence number in each partition. Sent
 * again in the same way, Kafka recognises them and keeps one copy.
 */
export interface PlannedShipment {
  readonly partitionCount: number;
  /** A 64-bit number as text. */
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequences: Readonly<Record<string, number>>;
}

/** How far the spool has been sent, and what was being sent next. Positions are bytes. */
export interface Cursor {
  readonly position: number;
  readonly planned: (PlannedShipment & { readonly end: number }) | undefined;
}

const FILE_NAME = 'cursor.json';

/** Undefined where there is none, or none that can be read: then everything on disk counts as unsent. */
export function readCursor(folder: string): Cursor | undefined {
  try {
    const cursor = JSON.parse(readFileSync(join(folder, FILE_NAME), 'utf8')) as Cursor;
    return Number.isSafeInteger(cursor.position) ? cursor : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the cursor as a whole: a process that dies leaves the old one or the new one. */
export function writeCursor(folder: string, cursor: Cursor): void {
  const temporary = join(folder, `${FILE_NAME}.new`);
  writeFileSync(temporary, JSON.stringify(cursor));
  renameSync(temporary, join(folder, FILE_NAME));
}

export function removeCursor(folder: string): void {
  rmSync(join(folder, FILE_NAME), { force: true });
}
