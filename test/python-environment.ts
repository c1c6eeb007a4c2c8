import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A virtual environment with these packages, made once; its folder. Its Python is `bin/python`. */
export function pythonEnvironment(cacheFolder: string, name: string, packages: readonly string[]): string {
  const environment = join(cacheFolder, name);
  if (existsSync(join(environment, 'ready'))) return environment;
  const python = join(environment, 'bin', 'python');
  run('python3', ['-m', 'venv', environment]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  run('touch', [join(environment, 'ready')]);
  return environment;
}

/** What a program prints. @throws Error with what it says of its failure */
export function run(file: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.slice(0, 2).join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout;
}
