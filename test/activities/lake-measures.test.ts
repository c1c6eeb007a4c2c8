import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { LakeMeasures } from '../../activities/lake-measures.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { readSettings } from '../../settings/settings.ts';
import { TableWriter } from '../dashboard/table-writer.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { KeptInstruments } from './kept-instruments.ts';

const TABLES = fileURLToPath(new URL('../../tables', import.meta.url));
const HOUR_MS = 3_600_000;

it('measures tables as they are, and says of one that cannot be read that it cannot', async () => {
  const lake = temporaryFolder();
  const writer = await TableWriter.open(pathToFileURL(lake).href, 3);
  onTestFinished(() => writer.close());
  const endedMs = Math.floor(Date.now() / HOUR_MS - 2) * HOUR_MS;
  for (const second of [0, 1, 2]) {
    await writer.write({ fromMs: endedMs + second * 1000, toMs: endedMs + second * 1000 });
  }
  const instruments = new KeptInstruments();
  const storage = openStorage(readSettings({ SLUICE_LAKE: lake }));
  const measures = new LakeMeasures({ storage, tablesFolder: TABLES, clock: SYSTEM_CLOCK, instruments });
  const measured = async (): Promise<Record<string, number>> => {
    instruments.kept.length = 0;
    await measures.measure();
    const its = instruments.kept.filter(([, , tags]) => tags['table'] === 'server_health');
    return Object.fromEntries(its.map(([name, value]) => [name, value]));
  };
  const { version } = writer.log.snapshot;
  expect(await measured()).toMatchObject({
    sluice_log_version: version,
    sluice_table_files: 3,
    sluice_table_rows: 9,
    // The hour has ended: its files are worth one.
    sluice_compaction_debt_files: 3,
    sluice_lake_readable: 1,
  });
  const next = String(version + 1).padStart(20, '0');
  writeFileSync(`${lake}/health/server_health/_delta_log/${next}.json`, 'not JSON');
  expect(await measured()).toEqual({ sluice_lake_readable: 0 });
});
