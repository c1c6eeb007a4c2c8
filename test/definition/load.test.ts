import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDefinitions, readDefinitions, tableNames } from '../../definition/load.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const EXAMPLE = new URL('../../tables/server_health.yaml', import.meta.url).pathname;

it('gives the other tables where one definition is wrong, and what is wrong with that one', () => {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, join(folder, 'server_health.yaml'));
  writeFileSync(join(folder, 'broken.yaml'), 'table: broken\ncolumns: 7\n');
  const { definitions, failures } = readDefinitions(folder);
  expect(definitions.map(({ table }) => table)).toEqual(['server_health']);
  expect(failures.map(({ table }) => table)).toEqual(['broken']);
  expect(failures[0]?.failure.advice).toContain(`${join(folder, 'broken.yaml')}:2: columns must be a list`);
  expect(tableNames(folder)).toEqual(['broken', 'server_health']);
  expect(() => loadDefinitions(folder)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }));
});
