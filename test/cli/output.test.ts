import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { sluice } from './command.ts';

it('says all that it has to say to a process that listens', async () => {
  const select = "SELECT repeat('x', 3_000_000) AS long";
  const { exitCode, output } = await sluice({ SLUICE_HOME: temporaryFolder() }, ['sql', select, '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(output)).toEqual([{ long: 'x'.repeat(3_000_000) }]);
});
