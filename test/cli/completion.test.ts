import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sluice } from './command.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;
const scripts = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice test-'));
  const written = ['bash', 'zsh', 'fish'].map(async (shell) => {
    const { output, exitCode } = await sluice({}, ['completion', shell]);
    expect(exitCode).toBe(0);
    scripts.set(shell, join(folder, shell));
    writeFileSync(join(folder, shell), output);
  });
  await Promise.all(written);
  for (const table of ['server_health', 'server_logs', 'orders']) writeFileSync(join(folder, `${table}.yaml`), '');
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What bash offers for the last word. */
function offered(words: string[], tables = folder): string[] {
  const answer = execFileSync(
    'bash',
    [
      '--noprofile',
      '--norc',
      '-uc',
      'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice; ((${#COMPREPLY[@]} == 0)) || printf "%s\\n" "${COMPREPLY[@]}"',
      scripts.get('bash') ?? '',
      'sluice',
      ...words,
    ],
    { env: { ...process.env, SLUICE_TABLES: tables }, cwd: PROJECT, encoding: 'utf8' },
  );
  return answer.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  it('has every command, and those that begin as the word does', () => {
    expect(offered([''])).toEqual(
      expect.arrayContaining(['up', 'down', 'status', 'sql', 'pause', 'resume', 'drain', 'completion', 'dashboard']),
    );
    expect(offered(['dr'])).toEqual(['drain']);
    expect(offered(['nothing'])).toEqual([]);
  });

  it('has a command’s own options', () => {
    expect(offered(['up', '--no-'])).toEqual(['--no-collector', '--no-dashboard']);
    expect(offered(['status', '-'])).toEqual(expect.arrayContaining(['--json', '--help']));
    expect(offered(['status', '-'])).not.toContain('--foreground');
  });

  it('has the tables where a table is due, and not after it', () => {
    expect(offered(['pause', ''])).toEqual(['orders', 'server_health', 'server_logs']);
    expect(offered(['pause', '--json', 'server_h'])).toEqual(['server_health']);
    expect(offered(['pause', 'orders', ''])).toEqual([]);
    expect(offered(['status', ''])).toEqual([]);
  });

  it('has tables and further commands where either may follow', () => {
    expect(offered(['backfill', ''])).toEqual(expect.arrayContaining(['list', 'pause', 'orders']));
    expect(offered(['backfill', 'pau'])).toEqual(['pause']);
    expect(offered(['schedules', 'res'])).toEqual(['resume']);
    expect(offered(['backfill', 'orders', ''])).toEqual([]);
    expect(offered(['backfill', 'pause', 'ord'])).toEqual(['orders']);
  });

  it('has the words where one of a few is due', () => {
    expect(offered(['schedules', 'pause', 'orders', ''])).toEqual([
      'compaction',
      'vacuum',
      'retention',
      'quick-audit',
      'full-audit',
    ]);
    expect(offered(['schedules', 'pause', 'ord'])).toEqual(['orders']);
    expect(offered(['completion', ''])).toEqual(['bash', 'zsh', 'fish']);
    expect(offered(['compact', '--engine', ''])).toEqual(['duckdb', 'spark']);
  });

  it('has nothing for a value that may be anything, and goes on after it', () => {
    expect(offered(['up', '--simulate', ''])).toEqual([]);
    expect(offered(['up', '--simulate', '5', '--fore'])).toEqual(['--foreground']);
    expect(offered(['compact', '--partition', 'dt=2026-01-01', 'ord'])).toEqual(['orders']);
  });

  it('knows of no table where there is none', () => {
    expect(offered(['pause', ''], join(folder, 'nowhere'))).toEqual([]);
  });

  it('is offered to bash itself', () => {
    const print = 'source "$0"; complete -p sluice';
    expect(execFileSync('bash', ['-c', print, scripts.get('bash') ?? ''], { encoding: 'utf8' })).toBe(
      'complete -F _sluice sluice\n',
    );
  });
});

describe('completion in other shells', () => {
  const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

  it('is a script that the shell, where it is there, finds no fault with', () => {
    for (const shell of ['zsh', 'fish']) {
      const script = scripts.get(shell) ?? '';
      if (has(shell))
        expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('goes in fish by the command, and by how many arguments it has already', () => {
    const lines = readFileSync(scripts.get('fish') ?? '', 'utf8').split('\n');
    const tables = "-a '(__sluice_tables)'";
    expect(lines).toContain(`complete -c sluice -n '__sluice_at backfill 0' ${tables}`);
    expect(lines).toContain(`complete -c sluice -n '__sluice_at \\'backfill pause\\' 0' ${tables}`);
    expect(lines).toContain(
      "      case 'backfill|pause'; set __sluice_command 'backfill pause'; set __sluice_position 0",
    );
    expect(lines).toContain("      case 'compact|--partition'; set skip 1");
    expect(lines).toContain(
      "complete -c sluice -n '__sluice_at \\'schedules pause\\' 1' -a 'compaction vacuum retention quick-audit full-audit'",
    );
  });

  it('is a file for zsh’s fpath too, which then completes at once', () => {
    const script = readFileSync(scripts.get('zsh') ?? '', 'utf8');
    expect(script).toMatch(/^#compdef sluice\n/);
    expect(script).toContain(
      'if [[ ${funcstack[1]-} == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi',
    );
    expect(script).toContain("'schedules pause|1') compadd -- 'compaction' 'vacuum'");
  });

  it('refuses a shell that it does not know', async () => {
    const { exitCode, errors } = await sluice({}, ['completion', 'csh']);
    expect(exitCode).toBe(2);
    expect(errors).toContain('bash, zsh, fish');
  });
});
