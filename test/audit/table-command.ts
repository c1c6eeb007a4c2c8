import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestStack } from '../test-stack.ts';
import type { AuditedTable } from './audited-table.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a command on this table, in the stack's environment. */
export function sluice(
  stack: TestStack,
  table: AuditedTable,
  command: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string } {
  const { definition, settings } = table;
  const own = { SLUICE_LAKE: settings.lakeUri, SLUICE_TABLES: settings.tablesFolder };
  const env = { ...process.env, ...stack.environment, ...own, ...more };
  const argv = ['bin/sluice.js', command, definition.table, ...args];
  return spawnSync('node', argv, { cwd: PROJECT, env, encoding: 'utf8' });
}
