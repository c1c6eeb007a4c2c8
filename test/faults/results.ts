import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { STEPS } from '../../activities/fault-point.ts';
import { writeSection } from '../written-section.ts';

const PAGE = fileURLToPath(new URL('../../docs/faults.md', import.meta.url));
/** What came of each fault when it was last run: a run of a part replaces that part. */
const RECORD = fileURLToPath(new URL('results.json', import.meta.url));
const COLUMNS = ['crash before', 'crash after', 'error before', 'error after', 'hang before', 'hang after'];

export interface Result {
  readonly suite: string;
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
}

/** Writes what came of each fault into docs/faults.md: the steps as a matrix, everything else as a list. */
export function writeResults(newest: readonly Result[]): void {
  const results = recorded(newest);
  const at = new Map(results.map((result) => [result.name, result]));
  const matrix = STEPS.map(
    (step) => `| ${step} | ${COLUMNS.map((column) => cellOf(at.get(`${column} ${step}`))).join(' | ')} |`,
  );
  const others = results.filter(({ name }) => !STEPS.some((step) => COLUMNS.includes(name.replace(` ${step}`, ''))));
  writeSection(PAGE, 'npm run faults', [
    `${results.filter(({ passed }) => passed).length} of ${results.length} faults ended with the table right. Seconds from the beginning of each until it was judged, starts of processes included.`,
    '',
    `| step | ${COLUMNS.join(' | ')} |`,
    `| --- | ${COLUMNS.map(() => '---').join(' | ')} |`,
    ...matrix,
    '',
    '| what happens | to | |',
    '| --- | --- | --- |',
    ...others.map((result) => `| ${result.suite} | ${result.name} | ${cellOf(result)} |`),
  ]);
}

/** Adds results to those of earlier runs, in whose place they come. */
function recorded(newest: readonly Result[]): Result[] {
  const earlier = JSON.parse(readFileSync(RECORD, 'utf8')) as Result[];
  const all = new Map([...earlier, ...newest].map((result) => [`${result.suite}: ${result.name}`, result]));
  const results = [...all.values()];
  writeFileSync(RECORD, `[\n${results.map((result) => JSON.stringify(result)).join(',\n')}\n]\n`);
  return results;
}

function cellOf(result: Result | undefined): string {
  if (result === undefined) return '–';
  return result.passed ? `right, ${result.seconds} s` : '**wrong**';
}
