import { SluiceError } from '../../errors/sluice-error.ts';
import type { LakeSettings } from '../../settings/settings.ts';
import { FileStorage } from './file/file-storage.ts';
import { S3Storage } from './s3/s3-storage.ts';
import type { Storage } from './storage.ts';

/** The storage that a lake's URI names. */
export function openStorage(settings: LakeSettings): Storage {
  const scheme = settings.lakeUri.slice(0, settings.lakeUri.indexOf(':'));
  switch (scheme) {
    case 'file':
      return new FileStorage(settings.lakeUri);
    case 's3':
      return new S3Storage(settings);
    default:
      throw new SluiceError('SETTINGS_INVALID', `No storage is known for "${scheme}:".`, {
        remedy: 'Set SLUICE_LAKE to a folder, or to s3://bucket/prefix.',
      });
  }
}
