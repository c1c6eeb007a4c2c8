import type { Outgoing } from '../record.ts';

export const NEWLINE = 0x0a;

/** Whole lines of records, ready to be written. */
export interface Lines {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Records as lines, cut into pieces of at most `maxBytes` (one line may be longer). */
export function* linesOf(records: readonly Outgoing[], maxBytes: number): Generator<Lines> {
  let lines: string[] = [];
  let size = 0;
  const piece = (): Lines => ({ bytes: Buffer.from(lines.join('')), count: lines.length });
  for (const { value } of records) {
    const bytes = Buffer.byteLength(value) + 1;
    if (size > 0 && size + bytes > maxBytes) {
      yield piece();
      lines = [];
      size = 0;
    }
    lines.push(`${value}\n`);
    size += bytes;
  }
  if (size > 0) yield piece();
}

/** The records in these lines, and how many lines hold none: the disk damaged them. */
export function recordsOf(bytes: Buffer): { records: Outgoing[]; damaged: number } {
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const records = lines.map(recordOf).filter((record) => record !== undefined);
  return { records, damaged: lines.length - records.length };
}

function recordOf(value: string): Outgoing | undefined {
  try {
    const { host, event_time: time } = JSON.parse(value) as { host?: unknown; event_time?: unknown };
    const timestampMs = typeof time === 'string' ? Date.parse(time) : NaN;
    return typeof host === 'string' && Number.isFinite(timestampMs) ? { key: host, value, timestampMs } : undefined;
  } catch {
    return undefined;
  }
}

export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
