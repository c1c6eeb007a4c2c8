import { renameSync, unlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ActionLog } from '../../lake/action-log.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { auditQuery, auditWorkflowId } from '../../workflows/audit-protocol.ts';
import { STATE_ATTRIBUTE } from '../../workflows/search-attributes.ts';
import type { TestStack } from '../test-stack.ts';
import { type AuditedTable, read } from './audited-table.ts';
import type { FilledTables } from './filled-tables.ts';
import { sluice } from './table-command.ts';

/** The command, on its own and by a worker. */
export function describeAuditCommand(tables: FilledTables, stack: () => TestStack): void {
  describe('sluice audit', () => {
    const run = (
      table: AuditedTable,
      args: readonly string[],
      more?: Record<string, string>,
    ): ReturnType<typeof sluice> => sluice(stack(), table, 'audit', ['--json', ...args], more);

    it('exits with 0, 3 and 1, and prints the report as JSON', async () => {
      const table = await tables.filled();
      const { file } = await table.fileOfBatch(1);
      expect(run(table, ['--quick'])).toMatchObject({ status: 0 });
      const certified = run(table, []);
      expect(JSON.parse(certified.stdout)).toMatchObject({ verdict: 'clean', certificate: 1 });
      expect(JSON.parse(run(table, ['--certificates']).stdout)).toMatchObject({ number: 1 });
      const away = join(table.lakeFolder, 'away');
      renameSync(file, away);
      const damaged = run(table, ['--quick']);
      expect(damaged.status).toBe(3);
      expect(JSON.parse(damaged.stdout)).toMatchObject({ findings: [{ kind: 'file_missing' }] });
      renameSync(away, file);
      expect(run(table, ['--quick'], { KAFKA_BROKERS: '127.0.0.1:1' }).status).toBe(1);
      expect(run(table, ['--from', 'then']).status).toBe(2);
    });

    it('has the lake keep who had it mend something, when, and what', async () => {
      const table = await tables.filled();
      const { file } = await table.fileOfBatch(1);
      await table.writeParquet('b0000000001-0-0-abandoned-0.parquet', `SELECT * FROM ${read(file)}`);
      const actions = new ActionLog(table.parts.storage);
      expect(run(table, ['--quick']).status).toBe(0);
      expect(await actions.list(10)).toEqual([]);
      const beforeMs = Date.now();
      const { stdout } = run(table, ['--quick', '--repair']);
      expect(JSON.parse(stdout)).toMatchObject({ repaired: [{ kind: 'file_unreferenced' }] });
      const [action, ...others] = await actions.list(10);
      expect(others).toEqual([]);
      expect(action).toMatchObject({
        ...{ action: 'audit', table: table.definition.table, by: userInfo().username, via: 'cli' },
        ...{ arguments: { mode: 'quick', repair: true }, end: { outcome: 'done', message: '' } },
      });
      expect(action?.askedAtMs).toBeGreaterThanOrEqual(beforeMs);
    });

    it('lets a worker do it, and shows how it ended as the state of the workflow', async () => {
      const table = await tables.filled({ inStack: true });
      const client = new Client({
        connection: await Connection.connect({ address: stack().settings.temporal.address }),
      });
      onTestFinished(() => client.connection.close());
      const handle = client.workflow.getHandle(auditWorkflowId(table.definition.table));
      const stateOf = async (): Promise<unknown> =>
        (await handle.describe()).typedSearchAttributes.get(STATE_ATTRIBUTE);

      const clean = run(table, ['--workflow']);
      expect(clean.status).toBe(0);
      expect(JSON.parse(clean.stdout)).toMatchObject({ verdict: 'clean', rows: 570, rejected: 30, certificate: 1 });
      expect(await stateOf()).toBe('Clean');

      unlinkSync((await table.fileOfBatch(1)).file);
      const damaged = run(table, ['--workflow', '--quick']);
      expect(damaged.status).toBe(3);
      expect(JSON.parse(damaged.stdout)).toMatchObject({ counts: { file_missing: 1 }, certificate: null });
      expect(await stateOf()).toBe('Findings');
      expect(await handle.query(auditQuery)).toMatchObject({ verdict: 'findings' });

      const bundle = await workflowBundle(stack().settings.cacheFolder);
      const history = await handle.fetchHistory();
      await Worker.runReplayHistory({ workflowBundle: bundle }, history, handle.workflowId);
    });
  });
}
