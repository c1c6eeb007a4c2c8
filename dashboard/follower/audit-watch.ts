import { asSluiceError } from '../../errors/sluice-error.ts';
import { AuditFiles } from '../../lake/audit-files.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import type { Certificate, CertifiedHour } from '../../plans/certificate.ts';

/** How often the lake is asked for newer audits: two listings, and what is new is read once. */
export const AUDITS_EVERY_MS = 10_000;

/** The newest certificate, and its hours by their names in Hive. */
export interface HeldCertificate {
  readonly certificate: Certificate;
  readonly hours: ReadonlyMap<string, CertifiedHour>;
  /** Of the Kafka partition that is furthest behind; null where one has none. */
  readonly watermarkMs: number | null;
}

/** Follows what audits leave in the lake: the newest report and the newest certificate of one table. */
export class AuditWatch {
  report: AuditReport | undefined;
  certificate: HeldCertificate | undefined;
  /** Why the newest could not be read. */
  problem: string | undefined;
  readonly #files: AuditFiles;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(storage: Storage, tablePath: string) {
    this.#files = new AuditFiles(storage, tablePath);
  }

  /** Looks for newer ones, where it is time to. What cannot be read is told of, and harms nothing else. */
  async look(nowMs: number): Promise<void> {
    if (nowMs - this.#lookedAtMs < AUDITS_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    try {
      const newest = await this.#files.newerReport(this.report?.auditId ?? '');
      if (newest !== undefined) this.report = newest;
      const certificate = await this.#files.newerCertificate(this.certificate?.certificate.number ?? 0);
      if (certificate !== undefined) this.certificate = held(certificate);
      this.problem = undefined;
    } catch (thrown) {
      this.problem = asSluiceError(thrown).advice;
    }
  }
}

export function held(certificate: Certificate): HeldCertificate {
  const watermarks = Object.values(certificate.watermarksMs);
  const known = watermarks.filter((watermark) => watermark !== null);
  return {
    certificate,
    hours: new Map(certificate.hours.map((hour) => [hour.hivePartition, hour])),
    watermarkMs: known.length === 0 || known.length < watermarks.length ? null : Math.min(...known),
  };
}
