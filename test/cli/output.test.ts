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

it('prints lines with tabs into a pipe, whatever a value holds', async () => {
  const select = String.raw`SELECT 'a' || chr(9) || 'b' || chr(10) || 'c\d' || chr(27) AS "te xt", 1 AS one, NULL AS none, [1, 2] AS list, true AS yes`;
  const { output } = await sluice({ SLUICE_HOME: temporaryFolder() }, ['sql', select]);
  expect(output).toBe(
    `${['te xt', 'one', 'none', 'list', 'yes'].join('\t')}\n${['a\\tb\\nc\\\\d\\x1b', '1', '\\N', '[1,2]', 'true'].join('\t')}\n`,
  );
});
