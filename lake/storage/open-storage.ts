import { SluiceError } from '../../errors/sluice-error.ts';
import type { LakeSettings } from '../../settings/settings.ts';
import { FileStorage } from './file/file-storage.ts';
import { HdfsStorage } from './hdfs/hdfs-storage.ts';
import { S3Storage } from './s3/s3-storage.ts';
import type { Storage } from './storage.ts';

/** The storage that a lake's URI names. */
export function openStorage(settings: LakeSettings): Storage {
  const { lakeUri, hdfs } = settings;
  if (hdfs !== undefined) return new HdfsStorage({ ...settings, hdfs });
  const scheme = lakeUri.slice(0, lakeUri.indexOf(':'));
  switch (scheme) {
    case 'file':
      return new FileStorage(lakeUri);
    case 's3':
      return new S3Storage(settings);
    default:
      throw new SluiceError('SETTINGS_INVALID', `No storage is known for "${scheme}:".`, {
        remedy: 'Set SLUICE_LAKE to a folder, to s3://bucket/prefix or to hdfs://host:port/folder.',
      });
  }
}
