import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { ensureColumns, ensureTable } from '../../lake/ensure-table.ts';
import { deltaSchema } from '../../lake/log/schema.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { FileStorage } from '../../lake/storage/file/file-storage.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { healthShape } from './health-shape.ts';

const SOURCE = { topic: 't', topicId: 'id' };

const NARROW = healthShape({ cores: 'int' });
const WIDE = healthShape({ cores: 'bigint' });

function open(): () => TableLog {
  const storage = new FileStorage(pathToFileURL(temporaryFolder()).href);
  return () => new TableLog(storage, NARROW.path);
}

it('widens a column in an entry of its own, once, and refuses to narrow it again', async () => {
  const log = open()();
  await ensureTable(log, NARROW, SOURCE);
  await ensureTable(log, WIDE, SOURCE);
  await ensureTable(log, WIDE, SOURCE);
  expect(log.snapshot.version).toBe(1);
  expect(log.snapshot.metaData?.schemaString).toBe(deltaSchema(WIDE));
  const entry = await log.readEntry(1);
  expect(entry?.actions[0]?.commitInfo?.operation).toBe('CHANGE COLUMNS');
  await expect(ensureTable(log, NARROW, SOURCE)).rejects.toMatchObject({ code: 'DEFINITION_INCOMPATIBLE' });
  expect(log.snapshot.version).toBe(1);
});

it('makes room for files of another definition, whoever looked at the log when', async () => {
  const log = open();
  const [one, other] = [log(), log()];
  await ensureTable(one, NARROW, SOURCE);
  await other.refresh();
  await Promise.all([ensureColumns(one, WIDE), ensureColumns(other, healthShape({ cores: 'int', note: 'string' }))]);
  await ensureColumns(one, NARROW);
  await one.refresh();
  expect(one.snapshot.version).toBe(2);
  expect(one.snapshot.metaData?.schemaString).toBe(deltaSchema(healthShape({ cores: 'bigint', note: 'string' })));
});
