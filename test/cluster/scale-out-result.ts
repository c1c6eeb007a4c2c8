import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/scale-out.md', import.meta.url));
const BEGIN = '<!-- written by npm run scale-out -->';
const END = '<!-- end -->';

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
  const text = [
    BEGIN,
    '',
    `One batch of ${count(records)} records in ${parts} parts: ${count(records - rejected)} rows and ${count(rejected)} rejected records, each once. Committed once, ${seconds} s after the worker that ingests was started. The audit of everything: ${audit}.`,
    '',
    '| machine | `--queues` | parts written | |',
    '| --- | --- | --- | --- |',
    ...machines.map(
      ({ name, queues, parts: written, died }) =>
        `| ${name} | ${queues} | ${written} | ${died ? `kill -9 in the middle of its first part, when the others had written ${partsAtDeath}; another wrote that part` : ''} |`,
    ),
    '',
    END,
  ].join('\n');
  console.log(text);
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, page.slice(0, page.indexOf(BEGIN)) + text + page.slice(page.indexOf(END) + END.length));
  execFileSync(process.execPath, [
    createRequire(import.meta.url).resolve('prettier/bin/prettier.cjs'),
    '--write',
    PAGE,
  ]);
}

function count(number: number): string {
  return number.toLocaleString('en');
}
