import { randomUUID } from 'node:crypto';
import { DuckDbSession } from '../duckdb/session.ts';
import { asSluiceError, type SluiceError } from '../errors/sluice-error.ts';
import { AuditFiles } from '../lake/audit-files.ts';
import { vacuumTable } from '../lake/vacuum/vacuum-table.ts';
import {
  type AuditCheck,
  type AuditedPartition,
  type AuditReport,
  type CheckOutcome,
  inOrderOfSeverity,
  verdictOf,
} from '../plans/audit-report.ts';
import type { Certificate } from '../plans/certificate.ts';
import { FindingList } from '../plans/finding-list.ts';
import { type Finding, findingKey } from '../plans/finding.ts';
import type { JudgedFile } from '../plans/vacuum-report.ts';
import { VACUUM_REASONS } from '../plans/vacuum.ts';
import type { AuditParts, AuditRequest } from './audit-parts.ts';
import { AuditRun } from './audit-run.ts';
import { holds, isWhole, stretchesOf } from './audit-scope.ts';
import { certify, checkCertificate } from './certification.ts';
import type { CertifiedSums } from './certified-sums.ts';
import { checkCoverage } from './coverage-check.ts';
import { checkFiles, type FileCounts } from './file-check.ts';
import { type HeldTopic, holdingOf } from './held-topic.ts';
import { checkHive, republish } from './hive-check.ts';
import { checkRecords } from './record-check.ts';
import { type AuditedTable, viewTable } from './table-view.ts';

/**
 * Compares topic, logs, files and metastore of one table. Each check stands by itself: one that cannot be made is said to
 * be not done, with the reason. What was found is kept under the table's `_sluice/audits/`.
 * @throws SluiceError LOG_CORRUPT, and what the storage throws, where there is nothing to begin with; the signal's reason
 */
export async function auditTable(parts: AuditParts, request: AuditRequest): Promise<AuditReport> {
  const session = await DuckDbSession.open();
  try {
    return await new Audit(parts, request).run(session);
  } finally {
    session.close();
  }
}

class Audit {
  readonly #parts: AuditParts;
  readonly #request: AuditRequest;
  readonly #startedAtMs: number;
  readonly #auditId: string;
  readonly #checks: CheckOutcome[] = [];
  #hive: readonly Finding[] = [];
  #repaired: readonly Finding[] = [];
  #files: FileCounts = { live: 0, pending: 0, superseded: 0 };
  #certificate: number | undefined;

  constructor(parts: AuditParts, request: AuditRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#startedAtMs = parts.clock.nowMs();
    const time = new Date(this.#startedAtMs).toISOString().replace(/[-:]|\.\d+/g, '');
    this.#auditId = `${time}-${randomUUID().slice(0, 8)}`;
  }

  async run(session: DuckDbSession): Promise<AuditReport> {
    const table = await viewTable(this.#parts.storage, this.#request.definition);
    const files = new AuditFiles(this.#parts.storage, table.main.shape.path);
    const newest = await files.newestCertificate();
    const valid = holds(newest, table) ? newest : undefined;
    const continued = this.#request.scope.uncertified === true ? valid : undefined;
    const kafka = await this.#askKafka(table);
    const stretches = await stretchesOf(this.#parts, this.#request, table, continued, kafka);
    const subject = { parts: this.#parts, request: this.#request, table, stretches };
    const run = new AuditRun(subject, session, kafka);
    await this.#check('files', async () => {
      this.#files = await checkFiles(run);
    });
    await this.#check('coverage', () => checkCoverage(run));
    if (this.#request.mode === 'full') {
      await this.#check('records', async () => {
        const sums = await checkRecords(run, valid);
        if (!isWhole(this.#request.scope)) return;
        checkCertificate(run, sums, valid, continued !== undefined);
        await this.#certify(run, sums, newest, continued !== undefined);
      });
    }
    await this.#check('hive', () => this.#checkHive(run));
    if (this.#request.repair) await this.#check('files', () => this.#vacuum(run), { again: true });
    const report = this.#report(run);
    if (table.main.version >= 0) await files.createReport(this.#auditId, report);
    return report;
  }

  /** A certificate is given only where every record of it is right. */
  async #certify(
    run: AuditRun,
    sums: CertifiedSums,
    previous: Certificate | undefined,
    continues: boolean,
  ): Promise<void> {
    const { table } = run.subject;
    const isRight = run.records.isEmpty && run.findings.counts.certificate_broken === undefined;
    if (!isRight || !this.#checks.every(({ done }) => done) || table.main.version < 0) return;
    this.#certificate = await certify(run, this.#auditId, sums, previous, continues);
  }

  async #checkHive(run: AuditRun): Promise<void> {
    this.#hive = await checkHive(run);
    const mendable = this.#hive.some(({ repair }) => repair === 'republish');
    if (!this.#request.repair || !mendable) return;
    await republish(run);
    const before = this.#hive;
    this.#hive = await checkHive(run);
    const left = new Set(this.#hive.map(findingKey));
    this.#repaired = before.filter((found) => !left.has(findingKey(found)));
  }

  /** Deleting is vacuum's alone: here it is the same one, with all of its care. */
  async #vacuum({ findings }: AuditRun): Promise<void> {
    if (findings.counts.file_unreferenced === undefined) return;
    const deleted = new Set<string>();
    const { definition, signal } = this.#request;
    const onFile = ({ table, path, reason }: JudgedFile): void => {
      if (VACUUM_REASONS[reason].deletes) deleted.add(`${table}/${path}`);
    };
    await vacuumTable(this.#parts, { definition, dryRun: false, signal, onFile });
    const mended = findings.withdraw(
      ({ kind, table, path }) => kind === 'file_unreferenced' && deleted.has(`${table}/${path ?? ''}`),
    );
    this.#repaired = [...this.#repaired, ...mended];
  }

  async #askKafka({ source }: AuditedTable): Promise<HeldTopic | SluiceError> {
    const { cluster, clock } = this.#parts;
    const { signal } = this.#request;
    if (source === undefined) {
      return { topicId: '', heldFrom: new Map(), lastStable: new Map(), askedAtMs: clock.nowMs(), keepsRecords: true };
    }
    try {
      return await holdingOf(cluster, source, clock, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      return asSluiceError(thrown);
    }
  }

  /** @param again the check has been made, and is named once more only where this fails */
  async #check(check: AuditCheck, work: () => Promise<void>, { again = false } = {}): Promise<void> {
    try {
      await work();
      if (!again) this.#checks.push({ check, done: true, failure: null });
    } catch (thrown) {
      this.#request.signal.throwIfAborted();
      const { code, message, remedy } = asSluiceError(thrown);
      this.#checks.push({ check, done: false, failure: { code, message, remedy: remedy ?? null } });
    }
  }

  #report(run: AuditRun): AuditReport {
    const { main, rejected, archive, definition } = run.subject.table;
    const findings = new FindingList();
    findings.add(...run.records.findings(), ...run.archived.findings(), ...this.#hive);
    const kept = [...run.findings.kept, ...findings.kept];
    return {
      format: 1,
      auditId: this.#auditId,
      table: definition.table,
      mode: this.#request.mode,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#parts.clock.nowMs(),
      verdict: verdictOf(kept, this.#checks),
      version: main.version,
      rejectedVersion: rejected.version,
      archiveVersion: archive?.version ?? null,
      partitions: partitionsOf(run),
      files: this.#files,
      checks: this.#checks,
      findings: inOrderOfSeverity(kept),
      counts: { ...run.findings.counts, ...findings.counts },
      repaired: this.#repaired,
      certificate: this.#certificate ?? null,
    };
  }
}

function partitionsOf({ subject, counts, kafka }: AuditRun): AuditedPartition[] {
  return subject.stretches.map(({ partition, from, to }) => {
    const { rows, rejected } = counts.get(partition) ?? { rows: 0, rejected: 0 };
    const heldFrom = kafka instanceof Error ? undefined : kafka.heldFrom.get(partition);
    return {
      partition,
      fromOffset: String(from),
      toOffset: String(to),
      heldFrom: heldFrom === undefined ? null : String(heldFrom),
      rows,
      rejected,
    };
  });
}
