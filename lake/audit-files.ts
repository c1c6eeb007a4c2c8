import { SluiceError } from '../errors/sluice-error.ts';
import type { AuditReport } from '../plans/audit-report.ts';
import type { Certificate } from '../plans/certificate.ts';
import { AUDITS_FOLDER, auditReportPath, CERTIFICATES_FOLDER, certificatePath } from '../plans/table-paths.ts';
import type { Storage } from './storage/storage.ts';

/** What audits of one table leave behind: a report each, and certificates. Created once, whole, and never changed. */
export class AuditFiles {
  readonly #storage: Storage;
  readonly #tablePath: string;

  constructor(storage: Storage, tablePath: string) {
    this.#storage = storage;
    this.#tablePath = tablePath;
  }

  /** Keeps a report under its audit's id. @returns its path, relative to the table's folder */
  async createReport(auditId: string, report: object): Promise<string> {
    const path = auditReportPath(auditId);
    await this.#create(path, report);
    return path;
  }

  /** The certificate that holds, the one of the highest number; undefined before the first. */
  async newestCertificate(): Promise<Certificate | undefined> {
    return this.newerCertificate(0);
  }

  /** The one of the highest number, where that is above `number`. */
  async newerCertificate(number: number): Promise<Certificate | undefined> {
    return this.#readNewest<Certificate>(CERTIFICATES_FOLDER, certificatePath(number));
  }

  /** The report of the newest audit, where that began after the one of that id. */
  async newerReport(auditId: string): Promise<AuditReport | undefined> {
    return this.#readNewest<AuditReport>(AUDITS_FOLDER, auditReportPath(auditId));
  }

  /** The last file of a folder whose names sort by age, where it comes after `after`. */
  async #readNewest<T>(folder: string, after: string): Promise<T | undefined> {
    let newest: string | undefined;
    const options = { after: `${this.#tablePath}/${after}` };
    for await (const { path } of this.#storage.list(`${this.#tablePath}/${folder}`, options)) {
      if (path.endsWith('.json')) newest = path;
    }
    if (newest === undefined) return undefined;
    const bytes = await this.#storage.read(newest);
    try {
      if (bytes !== undefined) return JSON.parse(bytes.toString('utf8')) as T;
    } catch (cause) {
      throw this.#corrupt(newest, cause);
    }
    throw this.#corrupt(newest, undefined);
  }

  /** @returns its path, relative to the table's folder; undefined where another audit has taken the number */
  async createCertificate(certificate: Certificate): Promise<string | undefined> {
    const path = certificatePath(certificate.number);
    return (await this.#create(path, certificate)) ? path : undefined;
  }

  #create(path: string, content: object): Promise<boolean> {
    return this.#storage.createIfAbsent(`${this.#tablePath}/${path}`, Buffer.from(`${JSON.stringify(content)}\n`));
  }

  #corrupt(path: string, cause: unknown): SluiceError {
    return new SluiceError(
      'BATCH_FILE_CORRUPT',
      `${this.#storage.uriOf(path)}, which an audit has left, cannot be read.`,
      {
        remedy: 'Restore that file from a backup, or delete it: the next audit certifies anew.',
        cause,
      },
    );
  }
}
