import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { AuditProgress, AuditScope } from '../audit/audit-parts.ts';
import { auditTable } from '../audit/audit-table.ts';
import { withAuditParts } from '../audit/open-parts.ts';
import { loadDefinition } from '../definition/load.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { ActionRequest } from '../lake/action-log.ts';
import type { AuditReport } from '../plans/audit-report.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import type { AuditInput } from '../workflows/audit-protocol.ts';
import { describeReport } from './audit-text.ts';
import { showCertificate } from './certificate.ts';
import { momentOf } from './moment.ts';
import { recorded } from './recorded-action.ts';
import { wholeNumber } from './whole-number.ts';
import { awaited } from './work-progress.ts';
import { connectTemporal } from '../temporal/client.ts';
import { startAudit } from '../temporal/start-work.ts';

/** Findings that are an error or a warning. */
export const EXIT_FINDINGS = 3;
/** Nothing was found, but something could not be looked at. */
export const EXIT_NOT_AUDITED = 1;

interface AuditOptions {
  readonly quick: boolean;
  readonly partition?: string;
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
  readonly uncertified: boolean;
  readonly repair: boolean;
  readonly workflow: boolean;
  readonly certificates: boolean;
  readonly json: boolean;
}

export function registerAudit(program: Command): void {
  program
    .command('audit')
    .description('Compare a table with its topic, offset by offset, with its files and with Hive')
    .argument('<table>', 'name of the table')
    .option('--quick', 'offsets, files and Hive only; rows are not compared with their records', false)
    .option('--partition <number>', 'only this Kafka partition')
    .option('--from <offset>', 'only offsets from here on')
    .option('--to <offset>', 'only offsets before this one')
    .option('--since <time>', 'only records since then: an ISO 8601 time, or a duration such as 2h')
    .option('--uncertified', 'only what no certificate vouches for yet', false)
    .option(
      '--repair',
      'mend what can be mended without guessing: publish to Hive anew, delete what nothing refers to',
      false,
    )
    .option('--workflow', 'let the background worker do it, as a schedule would, and wait for it', false)
    .option('--certificates', 'show what earlier audits vouch for, and audit nothing', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nExit code: 0 clean, 3 findings, 1 could not be audited, 2 wrong usage. See docs/audit.md.')
    .action(async (table: string, options: AuditOptions) => {
      if (options.certificates) await showCertificate(table, options.json);
      else await audit(table, options);
    });
}

async function audit(table: string, options: AuditOptions): Promise<void> {
  const settings = readSettings();
  const definition = loadDefinition(settings.tablesFolder, table);
  const scope = scopeOf(options, Date.now());
  if (options.workflow) {
    await auditByWorkflow(settings, table, options);
    return;
  }
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort(new SluiceError('INTERRUPTED', 'The audit was interrupted.')));
  const compare = (): Promise<AuditReport> =>
    withAuditParts(settings, (parts) =>
      auditTable(parts, {
        definition,
        mode: options.quick ? 'quick' : 'full',
        scope,
        repair: options.repair,
        signal: interruption.signal,
        ...(process.stderr.isTTY && !options.json ? { onProgress: showProgress } : {}),
      }),
    );
  // Without --repair it changes nothing that somebody would ask about.
  const report = options.repair ? await recorded(settings, actionOf(table, options), compare) : await compare();
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else for (const line of describeReport(report)) console.log(line);
  process.exitCode = exitCodeOf(report);
}

async function auditByWorkflow(settings: Settings, table: string, options: AuditOptions): Promise<void> {
  const client = await connectTemporal(settings);
  const { uncertified, repair } = options;
  const input: AuditInput = { table, mode: options.quick ? 'quick' : 'full', uncertified, repair };
  const started = await recorded(settings, actionOf(table, options), () => startAudit(client, input));
  const summary = await awaited(client, started, options.json);
  if (options.json) console.log(JSON.stringify(summary, null, 2));
  else for (const line of summary.words) console.log(line);
  process.exitCode = exitCodeOf(summary);
}

/** As the dashboard records its audits: what is looked at, and whether it may mend. */
function actionOf(table: string, options: AuditOptions): Omit<ActionRequest, 'via'> {
  const { quick, uncertified, repair, workflow, partition, from, to, since } = options;
  const given = { mode: quick ? 'quick' : 'full', uncertified, repair, workflow, partition, from, to, since };
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== false));
  return { action: 'audit', table, by: userInfo().username, arguments: asked };
}

function exitCodeOf({ verdict }: Pick<AuditReport, 'verdict'>): number {
  if (verdict === 'clean') return 0;
  return verdict === 'findings' ? EXIT_FINDINGS : EXIT_NOT_AUDITED;
}

/** @throws SluiceError USAGE */
function scopeOf(options: AuditOptions, nowMs: number): AuditScope {
  const { partition, from, to, since } = options;
  const scope = {
    ...(partition === undefined ? {} : { partition: Number(wholeNumber('--partition', partition)) }),
    ...(from === undefined ? {} : { fromOffset: wholeNumber('--from', from) }),
    ...(to === undefined ? {} : { toOffset: wholeNumber('--to', to) }),
    ...(since === undefined ? {} : { sinceMs: momentOf('--since', since, nowMs) }),
  };
  if ((options.uncertified || options.workflow) && Object.keys(scope).length > 0) {
    throw new SluiceError('USAGE', '--uncertified and --workflow say themselves which offsets are looked at.', {
      remedy: 'Leave out --partition, --from, --to and --since.',
    });
  }
  return { ...scope, uncertified: options.uncertified };
}

function showProgress({ check, done, total }: AuditProgress): void {
  process.stderr.write(`\r\u001b[K${check}: ${done} of ${total}${done >= total ? '\n' : ''}`);
}
