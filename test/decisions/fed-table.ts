import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DecisionReport } from '../../cli/decision.ts';
import type { StatusReport } from '../../cli/status.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import type { AuditedTable } from '../audit/audited-table.ts';
import { sluice } from '../cli/command.ts';
import type { TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';
import {
  contents,
  type CreateOptions,
  expectAuditClean,
  newTable,
  nextRecord,
  offsets,
  operate,
  revisions,
  write,
} from './decided-table.ts';
import { deleteTopic, expire } from './surprising-topic.ts';
import { transactionalProducers } from './transactional-producers.ts';

const never = new AbortController().signal;

/** What the states of a running ingestion say, and how it goes on once something is decided. */
export function describeFedTable(stack: () => TestStack): void {
  describe('a table that a worker feeds', () => {
    let test: TestStack;

    beforeAll(() => {
      test = stack();
    });

    type TableStatus = StatusReport['tables'][number];

    /** The longest pause between two tries, and a busy machine. */
    const STATE_LIMIT_MS = 120_000;

    /** The worker finds the definition by itself. */
    async function fedTable(options: CreateOptions = {}): Promise<AuditedTable> {
      const table = await newTable(test, { ...options, inStack: true });
      await becomes(table, 'Running');
      return table;
    }

    async function statusOf({ definition, settings }: AuditedTable): Promise<TableStatus | undefined> {
      const { output } = await sluice({ ...test.environment, SLUICE_TABLES: settings.tablesFolder }, [
        'status',
        '--json',
      ]);
      return (JSON.parse(output) as StatusReport).tables.find(({ table }) => table === definition.table);
    }

    /** Waits until `sluice status` shows the table in this state, for a reason that says all of this. */
    async function becomes(table: AuditedTable, state: string, ...words: readonly string[]): Promise<TableStatus> {
      return waitFor(
        `${table.definition.table} to be ${state} for "${words.join('", "')}"`,
        STATE_LIMIT_MS,
        async () => {
          const status = await statusOf(table);
          const { state: found, reason = '' } = status?.ingest ?? {};
          return found === state && words.every((word) => reason.includes(word)) ? status : undefined;
        },
      );
    }

    async function arrive(table: AuditedTable, wanted: readonly string[]): Promise<void> {
      await waitFor(`${wanted.length} rows to be in ${table.definition.table}`, STATE_LIMIT_MS, async () =>
        (await contents(table)).offsets.length >= wanted.length ? true : undefined,
      );
      expect((await contents(table)).offsets).toEqual(wanted);
    }

    /** Pauses it, and has the batch of what is written meanwhile planned, but not begun. */
    async function plannedWhilePaused(table: AuditedTable, count: number): Promise<string> {
      const { table: name } = table.definition;
      const windows = (await statusOf(table))?.ingest?.windows ?? 0;
      await operate(test, table, ['pause', name]);
      await waitFor('its window to end', STATE_LIMIT_MS, async () =>
        ((await statusOf(table))?.ingest?.windows ?? 0) > windows ? true : undefined,
      );
      await write(table, count);
      const planned = await (await table.open()).plan(never);
      if (planned === undefined) throw new Error('nothing was planned');
      return planned.plan.definitionHash;
    }

    /** The definition that a batch was planned by asks for what no engine can do, as one of another version might. */
    function spoil(table: AuditedTable, hash: string): void {
      const file = join(table.lakeFolder, table.shape.path, '_sluice', 'definitions', `${hash}.json`);
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"type":"double"', '"type":"tesseract"'));
    }

    const withColumn = (name: string) => (yaml: string) =>
      yaml.replace('columns:\n', `columns:\n  - { name: ${name}, type: string }\n`);

    it('tries a batch that can’t be written a few times, says so, and goes on by a corrected definition', async () => {
      const table = await fedTable();
      const { table: name } = table.definition;
      spoil(table, await plannedWhilePaused(table, 5));
      await operate(test, table, ['resume', name]);
      const stuck = await becomes(
        table,
        'Degraded',
        'Batch 1 (revision 0) has failed 5 times',
        `sluice plan abandon ${name}`,
      );
      expect(stuck).toMatchObject({ rows: 0, ingest: { failure: { sequence: 1, revision: 0, attempts: 5 } } });
      table.redefine(withColumn('note'));
      const { report } = await operate<DecisionReport>(test, table, ['plan', 'abandon', name, '--yes']);
      expect(report).toMatchObject({ done: true, after: { plan: { revision: 1, isCurrentDefinition: true } } });
      await operate(test, table, ['resume', name]);
      await arrive(table, offsets(0, 0, 5));
      // The next one is made anew by the corrected definition without being told.
      table.redefine(withColumn('comment'));
      spoil(table, await plannedWhilePaused(table, 5));
      table.redefine(withColumn('remark'));
      await operate(test, table, ['resume', name]);
      await arrive(table, offsets(0, 0, 10));
      expect(await revisions(table)).toEqual(['1 abandoned', '1 redefined']);
      await becomes(table, 'Running');
      await expectAuditClean(table);
    });

    it('stops where records expired or the topic was made anew, says what to decide, and goes on once that is done', async () => {
      const table = await fedTable();
      const { table: name, source } = table.definition;
      await write(table, 10);
      await arrive(table, offsets(0, 0, 10));
      await plannedWhilePaused(table, 10);
      await expire(table.parts.cluster, source.topic, 14n);
      await operate(test, table, ['resume', name]);
      await becomes(table, 'Stopped', 'offsets 10 to 13', 'sluice accept-loss', `sluice resume ${name}`);
      await operate(test, table, ['accept-loss', name, '--yes']);
      await operate(test, table, ['resume', name]);
      const rows = [...offsets(0, 0, 10), ...offsets(0, 14, 20)];
      await arrive(table, rows);
      const lost = [{ partition: 0, startOffset: '10', endOffset: '14', cause: 'expired' }];
      expect(await becomes(table, 'Running')).toMatchObject({ lost });
      await expectAuditClean(table, 'offsets_expired', 'offsets_given_up');

      await deleteTopic(test.settings.kafka, source.topic);
      await ensureTopic(test.settings.kafka, { topic: source.topic, partitions: 1, replicationFactor: 1 });
      await write(table, 2);
      await becomes(table, 'Stopped', 'deleted and made anew', 'under a new table name');
      const old = table.definition;
      const file = join(table.settings.tablesFolder, `${name}.yaml`);
      const renamed = `${name}_2`;
      const copy = readFileSync(file, 'utf8').replace(`table: ${name}`, `table: ${renamed}`);
      writeFileSync(join(table.settings.tablesFolder, `${renamed}.yaml`), copy);
      table.definition = { ...old, table: renamed };
      await waitFor('the new table to begin', STATE_LIMIT_MS, async () =>
        (await table.log()).snapshot.files.size > 0 ? true : undefined,
      );
      await arrive(table, offsets(0, 0, 2));
      table.definition = old;
      expect((await contents(table)).offsets).toEqual(rows);
    });

    it('takes of transactions what they committed, and waits for one that is open', async () => {
      const table = await fedTable();
      const { topic } = table.definition.source;
      const producers = await transactionalProducers(test.settings.kafka, topic, 2);
      onTestFinished(() => producers.close());
      const [one, two] = producers.all;
      if (!one || !two) throw new Error('there are no producers');
      const good = (count: number): string[] => Array.from({ length: count }, () => nextRecord());
      await one.begin();
      await two.begin();
      await one.send(good(3));
      await two.send(good(3));
      await write(table, 2);
      await one.send(['{"host":']);
      await two.send(['{"host":']);
      expect(await contents(table)).toEqual({ offsets: [], rejected: [] });
      await one.commit();
      await two.abort();
      // Offsets 10 and 11 are the transactions' markers, which are written after their ends are answered.
      await waitFor('both transactions to have ended', STATE_LIMIT_MS, async () =>
        (await table.parts.cluster.offsets(topic)).get(0)?.lastStable === 12n ? true : undefined,
      );
      await one.begin();
      await one.send(good(2));
      await write(table, 2);

      const committed = [...offsets(0, 0, 3), ...offsets(0, 6, 8)];
      await arrive(table, committed);
      // The two records behind the markers are not stable, nor the two behind these.
      const held = await waitFor('all that is stable to be committed', STATE_LIMIT_MS, async () => {
        const status = await statusOf(table);
        return status?.partitions[0]?.committedOffset === '12' ? status : undefined;
      });
      expect(held).toMatchObject({
        rows: 5,
        rejected: 1,
        ingest: { state: 'Running' },
        partitions: [{ endOffset: '12', lag: '0', heldBack: '4' }],
      });
      const { output } = await sluice(test.environment, ['status']);
      expect(output).toContain('partition 0: offset 12, lag 0; 4 more wait for an open transaction to end');
      expect((await contents(table)).rejected).toEqual([expect.stringMatching(/^0\/8 /)]);

      await one.commit();
      await arrive(table, [...committed, ...offsets(0, 12, 16)]);
      expect((await statusOf(table))?.partitions).toMatchObject([{ heldBack: '0' }]);
      await expectAuditClean(table);
    });
  });
}
