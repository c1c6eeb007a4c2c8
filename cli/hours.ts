import type { Command } from 'commander';
import { held } from '../dashboard/follower/audit-watch.ts';
import { HourIndex } from '../dashboard/follower/hour-index.ts';
import { indexedFile } from '../dashboard/follower/indexed-file.ts';
import { hoursReport, type KnownHours } from '../dashboard/live/hours-report.ts';
import { loadDefinition } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { AuditFiles } from '../lake/audit-files.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { mainTable } from '../plans/table-shape.ts';
import { readSettings } from '../settings/settings.ts';
import { hoursInWords } from './hours-text.ts';
import { momentOf } from './moment.ts';

interface HoursOptions {
  readonly from: string;
  readonly to?: string;
  readonly json: boolean;
}

export function registerHours(program: Command): void {
  program
    .command('hours')
    .description('Show a table’s hours: rows, those that came late, files, whether it is complete, the last rewrite')
    .argument('<table>', 'name of the table')
    .option('--from <time>', 'hours from this time on: ISO 8601, or a duration ago', '24h')
    .option('--to <time>', 'hours up to this time; without it, up to the newest')
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nFrom the log and the newest certificate alone; no file is read. See docs/runbook.md.')
    .action(async (table: string, options: HoursOptions) => {
      const settings = readSettings();
      const known = await readHours(openStorage(settings), loadDefinition(settings.tablesFolder, table));
      const nowMs = Date.now();
      const report = hoursReport(known, { ...timeAsked(options, known, nowMs), nowMs });
      if (options.json) console.log(JSON.stringify(report, null, 2));
      else for (const line of hoursInWords(report)) console.log(line);
    });
}

async function readHours(storage: Storage, definition: TableDefinition): Promise<KnownHours> {
  const { path } = mainTable(definition);
  // In this order: the log is never older than the certificate that it is held against.
  const certificate = await new AuditFiles(storage, path).newestCertificate();
  const log = new TableLog(storage, path);
  await log.refresh();
  const hours = new HourIndex(definition.compaction.sealAfterMs);
  for (const file of log.snapshot.files.values()) hours.add(indexedFile(file, definition.eventTime.column));
  const { version } = log.snapshot;
  return {
    definition,
    hours,
    logVersion: version < 0 ? null : version,
    certificate: certificate === undefined ? undefined : held(certificate),
  };
}

/** @throws SluiceError USAGE */
function timeAsked({ from, to }: HoursOptions, { hours }: KnownHours, nowMs: number): { fromMs: number; toMs: number } {
  const fromMs = momentOf('--from', from, nowMs);
  const toMs = to === undefined ? Math.max(nowMs, hours.span?.toEndMs ?? 0) : momentOf('--to', to, nowMs);
  if (fromMs < toMs) return { fromMs, toMs };
  throw new SluiceError('USAGE', '--to must be later than --from.');
}
