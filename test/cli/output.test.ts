import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { sluice } from './command.ts';

it('says all that it has to say to a process that listens', async () => {
  const select = "SELECT repeat('x', 3_000_000) AS long";
  const { exitCode, output } = await sluice({ SLUICE_HOME: temporaryFolder() }, ['sql', select, '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(output)).toEqual([{ long: 'x'.repeat(3_000_000) }]);
});

it('has a table without rows be empty, with its columns', async () => {
  const select =
    'SELECT count(*)::INT AS rows, max(reason) AS reason, max(record_value) AS value FROM server_health_rejected';
  const { exitCode, output } = await sluice({ SLUICE_HOME: temporaryFolder() }, ['sql', select, '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(output)).toEqual([{ rows: 0, reason: null, value: null }]);
});
