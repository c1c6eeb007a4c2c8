import type { AuditReport } from '../plans/audit-report.ts';
import type { Finding } from '../plans/finding.ts';

const VERDICTS: Readonly<Record<AuditReport['verdict'], string>> = {
  clean: 'is right: nothing is missing, doubled or changed in what was looked at',
  findings: 'is NOT right',
  incomplete: 'could not be audited fully: nothing wrong was found in what was looked at',
};

const REPAIRS: Readonly<Record<Finding['repair'], string>> = {
  republish: ' (--repair mends this)',
  vacuum: ' (left to vacuum)',
  none: '',
};

/** An audit's report for people, line by line. */
export function describeReport(report: AuditReport): string[] {
  const rows = report.partitions.reduce((sum, partition) => sum + partition.rows, 0);
  const rejected = report.partitions.reduce((sum, partition) => sum + partition.rejected, 0);
  const lines = [
    `${report.table} ${VERDICTS[report.verdict]}.`,
    `  ${report.mode} audit ${report.auditId} of log version ${report.version}: ${rows} rows, ${rejected} rejected, ${report.files.live} files, ${report.endedAtMs - report.startedAtMs} ms`,
    ...report.partitions.map(
      ({ partition, fromOffset, toOffset }) => `  partition ${partition}: offsets from ${fromOffset} up to ${toOffset}`,
    ),
  ];
  for (const { check, failure } of report.checks) {
    if (failure === null) continue;
    lines.push(`  NOT DONE ${check}: ${failure.message}`);
    if (failure.remedy !== null) lines.push(`    ${failure.remedy}`);
  }
  for (const { kind, severity, table, message, repair, columns, ageMs } of report.findings) {
    lines.push(`  ${severity.toUpperCase()} ${kind} in ${table}: ${message}${REPAIRS[repair]}`);
    if (columns.length > 0) lines.push(`    columns: ${columns.join(', ')}`);
    if (ageMs !== null) lines.push(`    age: ${Math.round(ageMs / 1000)} s`);
  }
  for (const { kind, table, message } of report.repaired) lines.push(`  REPAIRED ${kind} in ${table}: ${message}`);
  const listed = report.findings.length;
  const found = Object.values(report.counts).reduce((sum, count) => sum + count, 0);
  if (found > listed) lines.push(`  and ${found - listed} findings more`);
  if (report.certificate !== null)
    lines.push(`  certificate ${report.certificate}: see sluice audit ${report.table} --certificates`);
  return lines;
}
