import { AuditFiles } from '../lake/audit-files.ts';
import { brokenHours, type Certificate, nextCertificate, type PartitionProgress } from '../plans/certificate.ts';
import { finding } from '../plans/finding.ts';
import { describeRanges } from '../plans/offset-ledger.ts';
import type { AuditRun } from './audit-run.ts';
import type { CertifiedSums } from './certified-sums.ts';

/** Holds what was found against the certificate before. */
export function checkCertificate(
  run: AuditRun,
  sums: CertifiedSums,
  previous: Certificate | undefined,
  continues: boolean,
): void {
  const { table } = run.subject.table.definition;
  for (const { partition, fromOffset, toOffset, rows, rejected } of sums.broken) {
    const range = { partition, fromOffset, toOffset, records: rows + rejected };
    const message = `The rows of ${describeRanges(partition, [range], 0)} are not those of certificate ${previous?.number ?? 0}.`;
    run.findings.add(finding('certificate_broken', table, message, { records: range.records, ranges: [range] }));
  }
  for (const { hivePartition, rows } of brokenHours(previous, continues, sums.hours)) {
    const message = `${hivePartition} was sealed with ${rows} rows by certificate ${previous?.number ?? 0}, and holds others now.`;
    run.findings.add(finding('certificate_broken', table, message, { hivePartition }));
  }
}

/** Writes what the audit vouches for. @returns its number; undefined where another audit was first */
export async function certify(
  run: AuditRun,
  auditId: string,
  sums: CertifiedSums,
  previous: Certificate | undefined,
  continues: boolean,
): Promise<number | undefined> {
  const { table, parts } = run.subject;
  const { definition } = table;
  const certificate = nextCertificate({
    previous,
    continues,
    about: {
      auditId,
      table: definition.table,
      topic: definition.source.topic,
      topicId: run.held.topicId,
      certifiedAtMs: parts.clock.nowMs(),
      version: table.main.version,
      rejectedVersion: table.rejected.version,
      drops: table.drops,
    },
    ranges: sums.ranges,
    hours: sums.hours,
    progress: progressOf(run, sums),
    acceptPastMs: definition.eventTime.acceptPastMs,
  });
  const files = new AuditFiles(parts.storage, table.main.shape.path);
  return (await files.createCertificate(certificate)) === undefined ? undefined : certificate.number;
}

/** Of every partition of the topic, also those that the table has not met yet: their records are to come. */
function progressOf(run: AuditRun, sums: CertifiedSums): Map<number, PartitionProgress> {
  const { committed } = run.subject.table;
  const { lastStable, askedAtMs } = run.held;
  const partitions = new Set([...committed.keys(), ...lastStable.keys()]);
  return new Map(
    [...partitions].map((partition) => [
      partition,
      {
        completeTo: committed.get(partition) ?? 0n,
        lastStable: lastStable.get(partition) ?? 0n,
        askedAtMs,
        latestTimestampMs: sums.latestTimestampMs.get(partition),
      },
    ]),
  );
}
