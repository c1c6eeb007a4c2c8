import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Mutation, MUTATIONS } from './mutations.ts';
import type { Broken } from './until-broken.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const REPORT = join(PROJECT, 'docs', 'mutations.md');
/** What is run where the simulation finds nothing. */
const UNIT_TESTS = ['test/simulation/scenarios.test.ts', 'test/lake', 'test/plans', 'test/activities'];
const LIMIT_MS = 15 * 60_000;

/** A mutation, and what caught it. */
interface Result {
  readonly mutation: Mutation;
  /** Undefined where nothing did. */
  readonly caughtBy: string | undefined;
}

/** A copy of the sources, to be broken. */
function scratchCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mutation-'));
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: PROJECT, encoding: 'utf8' });
  for (const file of files.split('\n').filter((name) => /\.(ts|tsx|js|json|yaml)$/.test(name))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(PROJECT, file), join(folder, file));
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function test(folder: string, mutation: Mutation, seeds: number): Result {
  const path = join(folder, mutation.file);
  const source = readFileSync(path, 'utf8');
  if (source.split(mutation.from).length !== 2) {
    console.error(`"${mutation.name}" no longer applies: ${mutation.file} does not hold its text exactly once.`);
    return { mutation, caughtBy: undefined };
  }
  writeFileSync(
    path,
    source.replace(mutation.from, () => mutation.to),
  );
  try {
    return { mutation, caughtBy: bySimulation(folder, seeds) ?? byUnitTests(folder) };
  } finally {
    writeFileSync(path, source);
  }
}

function bySimulation(folder: string, seeds: number): string | undefined {
  const script = join(folder, 'test/mutation/until-broken.ts');
  const args = ['--disable-warning=ExperimentalWarning', script, String(seeds)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status !== 0) return `simulation: it fails altogether (${lastLine(stderr)})`;
  const { seed, step, violation } = JSON.parse(stdout) as Broken;
  return seed === null ? undefined : `simulation, seed ${seed}, step ${step ?? 0}: ${violation ?? ''}`;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function byUnitTests(folder: string): string | undefined {
  const report = join(folder, 'report.json');
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', 'unit', '--bail', '1', '--reporter', 'json', '--outputFile', report];
  const { status, stderr } = spawnSync(process.execPath, [...args, ...UNIT_TESTS], {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status === 0) return undefined;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const failed = testResults.flatMap((file) => file.assertionResults).find((result) => result.status === 'failed');
  return failed === undefined ? `unit tests: ${lastLine(stderr)}` : `unit test: ${failed.fullName}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function write(results: readonly Result[], seeds: number): void {
  const rows = results.map(({ mutation, caughtBy }) => {
    const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/0{5,}(?=\d)/g, '');
    return `| ${mutation.name} | \`${mutation.file}\` | ${cell(caughtBy ?? '**nothing**')} |`;
  });
  const caught = results.filter(({ caughtBy }) => caughtBy !== undefined).length;
  const lines = [
    '# Mutations',
    '',
    'Each rule of the protocol is broken once, in a copy of the source (`test/mutation/mutations.ts`), and the tests must notice: first the',
    `simulation, in at most ${seeds} worlds, then the unit tests. \`npm run mutate\` does it and writes this page. \`npm run mutate -- --only seal\` tries those with that word.`,
    '',
    `${caught} of ${results.length} are caught.`,
    '',
    '| the rule that is broken | where | what caught it |',
    '| --- | --- | --- |',
    ...rows,
  ];
  writeFileSync(REPORT, `${lines.join('\n')}\n`);
  execFileSync(process.execPath, [join(PROJECT, 'node_modules/prettier/bin/prettier.cjs'), '--write', REPORT]);
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, seeds: { type: 'string', default: '500' } },
});
const seeds = Number(values.seeds);
const { only } = values;
const wanted = MUTATIONS.filter(({ name }) => only === undefined || name.includes(only));
const folder = scratchCopy();
const results: Result[] = [];
try {
  for (const mutation of wanted) {
    const result = test(folder, mutation, seeds);
    results.push(result);
    console.log(`${mutation.name}\n    ${result.caughtBy ?? 'NOT CAUGHT'}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (only === undefined) write(results, seeds);
if (results.some(({ caughtBy }) => caughtBy === undefined)) process.exitCode = 1;
