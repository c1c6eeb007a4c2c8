import { loadDefinition } from '../definition/load.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { AuditFiles } from '../lake/audit-files.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Certificate } from '../plans/certificate.ts';
import { mainTable } from '../plans/table-shape.ts';
import { readSettings } from '../settings/settings.ts';

/** Prints what audits vouch for of a table. */
export async function showCertificate(table: string, json: boolean): Promise<void> {
  const settings = readSettings();
  const { path } = mainTable(loadDefinition(settings.tablesFolder, table));
  const certificate = await new AuditFiles(openStorage(settings), path).newestCertificate();
  if (certificate === undefined) {
    throw new SluiceError('USAGE', `No audit has certified ${table} yet.`, { remedy: `Run: sluice audit ${table}` });
  }
  if (json) console.log(JSON.stringify(certificate, null, 2));
  else for (const line of describeCertificate(certificate)) console.log(line);
}

function describeCertificate(certificate: Certificate): string[] {
  const { number, table, version, certifiedAtMs, completeTo, watermarksMs } = certificate;
  return [
    `${table}: certificate ${number} of ${new Date(certifiedAtMs).toISOString()}, log version ${version}`,
    ...Object.entries(completeTo).map(([partition, offset]) => {
      const watermark = watermarksMs[partition] ?? null;
      const time = watermark === null ? 'unknown' : new Date(watermark).toISOString();
      return `  partition ${partition}: complete up to offset ${offset}, watermark ${time}`;
    }),
    ...certificate.ranges.map(
      ({ partition, fromOffset, toOffset, rows, rejected, checksum, verifiedBy }) =>
        `  partition ${partition}, offsets from ${fromOffset} up to ${toOffset}: ${rows} rows, ${rejected} rejected, checksum ${checksum}, compared with ${verifiedBy}`,
    ),
    ...certificate.hours.map(
      ({ hivePartition, rows, unverifiedRows, rejected, checksum, sealed }) =>
        `  ${hivePartition}: ${rows} rows${unverifiedRows > 0 ? ` (${unverifiedRows} not compared)` : ''}, ${rejected} rejected, checksum ${checksum}, ${sealed ? 'sealed' : 'open'}`,
    ),
  ];
}
