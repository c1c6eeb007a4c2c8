import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FAULT_VARIABLE, parseFault, STEPS } from '../../activities/fault-point.ts';

const MODULE = new URL('../../activities/fault-point.ts', import.meta.url).href;
/** Comes to the step `commit` twice, and says how each went. */
const SCRIPT = `
const { atStep } = await import(${JSON.stringify(MODULE)});
for (let pass = 1; pass <= 2; pass += 1) {
  try {
    await atStep('commit', async () => console.log(pass + ' works'));
    console.log(pass + ' goes on');
  } catch (error) {
    console.log(pass + ' fails: ' + error.message);
  }
}`;

function run(fault: string): { lines: string[]; errors: string; signal: NodeJS.Signals | null } {
  const env = { ...process.env, [FAULT_VARIABLE]: fault };
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { env, encoding: 'utf8' });
  return { lines: done.stdout.trim().split('\n'), errors: done.stderr, signal: done.signal };
}

describe('a planted fault', () => {
  it('does nothing where none is planted, or one at another step', () => {
    const well = ['1 works', '1 goes on', '2 works', '2 goes on'];
    expect(run('').lines).toEqual(well);
    expect(run('seal:before:crash').lines).toEqual(well);
  });

  it('strikes once: before or after the step’s work', () => {
    const message = (when: string): string => `The fault planted ${when} the step "commit" has struck.`;
    expect(run('commit:before:error').lines).toEqual([`1 fails: ${message('before')}`, '2 works', '2 goes on']);
    expect(run('commit:after:error').lines).toEqual([
      '1 works',
      `1 fails: ${message('after')}`,
      '2 works',
      '2 goes on',
    ]);
  });

  it('kills the process, which says so first', () => {
    const { lines, errors, signal } = run('commit:after:crash');
    expect({ lines, signal }).toEqual({ lines: ['1 works'], signal: 'SIGKILL' });
    expect(JSON.parse(errors)).toEqual({ fault: 'crash', step: 'commit', when: 'after', hangMs: 0 });
  });

  it('has the process stand still, and go on', () => {
    expect(run('commit:after:hang:1').lines).toEqual(['1 works', '1 goes on', '2 works', '2 goes on']);
  });

  it.each(STEPS)('can be planted at %s', (step) => {
    expect(parseFault(`${step}:before:hang:20000`)).toEqual({ step, when: 'before', what: 'hang', hangMs: 20_000 });
  });

  it.each(['commit', 'commit:crash', 'comit:before:crash', 'commit:during:crash', 'commit:before:hang'])(
    'is refused where it is not understood: %s',
    (text) => {
      expect(() => parseFault(text)).toThrow(/SLUICE_FAULT is wrong/);
    },
  );
});
