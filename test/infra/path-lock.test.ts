import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { PathLock } from '../../infra/path-lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const MODULE = fileURLToPath(new URL('../../infra/path-lock.ts', import.meta.url));
const LIMIT_MS = 10_000;

it('is had by one at a time, for each path', async () => {
  const home = temporaryFolder();
  const first = await PathLock.take(home, 0);
  expect(first).toBeDefined();
  expect(await PathLock.take(home, 0)).toBeUndefined();
  const other = await PathLock.take(temporaryFolder(), 0);
  expect(other).toBeDefined();
  await first?.release();
  const second = await PathLock.take(home, 0);
  expect(second).toBeDefined();
  await second?.release();
  await other?.release();
});

it('is free again when who had it was killed', async () => {
  const home = temporaryFolder();
  const program = `
    const { PathLock } = await import(process.argv[1]);
    const lock = await PathLock.take(process.argv[2], 0);
    console.log(lock === undefined ? 'refused' : 'taken');
    setInterval(() => undefined, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program, MODULE, home]);
  const [said] = (await once(holder.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('taken\n');
  expect(await PathLock.take(home, 0)).toBeUndefined();
  holder.kill('SIGKILL');
  const lock = await PathLock.take(home, LIMIT_MS);
  expect(lock).toBeDefined();
  await lock?.release();
});
