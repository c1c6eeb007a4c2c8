import { join } from 'node:path';
import { expect, it } from 'vitest';
import { takeLakeOfStack } from '../../cli/lake-of-stack.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const LAKE = 'hdfs://127.0.0.1:8020/lake';

function homeOfStack(): string {
  const home = temporaryFolder();
  const addresses = { dashboard: null, temporalUi: 'http://127.0.0.1:8233', lake: LAKE };
  new StackRecord(home).writeSupervisor(join(home, 'supervisor.log'), 'up', addresses);
  return home;
}

it('is looked at by commands in the home of a stack that runs', () => {
  const environment: NodeJS.ProcessEnv = { SLUICE_HOME: homeOfStack() };
  takeLakeOfStack(environment);
  expect(environment['SLUICE_LAKE']).toBe(LAKE);
});

it('is not where another one is named, nor where none runs', () => {
  const named: NodeJS.ProcessEnv = { SLUICE_HOME: homeOfStack(), SLUICE_LAKE: '/elsewhere' };
  takeLakeOfStack(named);
  expect(named['SLUICE_LAKE']).toBe('/elsewhere');
  const alone: NodeJS.ProcessEnv = { SLUICE_HOME: temporaryFolder() };
  takeLakeOfStack(alone);
  expect(alone['SLUICE_LAKE']).toBeUndefined();
});
