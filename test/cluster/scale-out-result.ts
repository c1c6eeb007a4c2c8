import { fileURLToPath } from 'node:url';
import { writeSection } from '../written-section.ts';

const PAGE = fileURLToPath(new URL('../../docs/scale-out.md', import.meta.url));

export interface ScaleOutResult {
  readonly records: number;
  readonly rejected: number;
  readonly parts: number;
  /** Parts that the others had written when one died. */
  readonly partsAtDeath: number;
  /** From the start of the worker that ingests until the batch was committed. */
  readonly seconds: number;
  readonly machines: readonly {
    readonly name: string;
    readonly queues: string;
    readonly parts: number;
    readonly died: boolean;
  }[];
  readonly audit: string;
}

/** Writes what came of it into docs/scale-out.md. */
export function writeScaleOut(result: ScaleOutResult): void {
  const { records, rejected, parts, partsAtDeath, seconds, machines, audit } = result;
  const lines = [
    `One batch of ${count(records)} records in ${parts} parts: ${count(records - rejected)} rows and ${count(rejected)} rejected records, each once. Committed once, ${seconds} s after the worker that ingests was started. The audit of everything: ${audit}.`,
    '',
    '| machine | `--queues` | parts written | |',
    '| --- | --- | --- | --- |',
    ...machines.map(
      ({ name, queues, parts: written, died }) =>
        `| ${name} | ${queues} | ${written} | ${died ? `kill -9 in the middle of its first part, when the others had written ${partsAtDeath}; another wrote that part` : ''} |`,
    ),
  ];
  console.log(lines.join('\n'));
  writeSection(PAGE, 'npm run scale-out', lines);
}

function count(number: number): string {
  return number.toLocaleString('en');
}
