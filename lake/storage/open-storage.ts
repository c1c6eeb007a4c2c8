import { SluiceError } from '../../errors/sluice-error.ts';
import type { LakeSettings } from '../../settings/settings.ts';
import { FileStorage } from './file/file-storage.ts';
import type { Storage } from './storage.ts';

/** The storage that a lake's URI names. */
export function openStorage(settings: LakeSettings): Storage {
  if (settings.lakeUri.startsWith('file:')) return new FileStorage(settings.lakeUri);
  throw new SluiceError('SETTINGS_INVALID', `No storage is known for the lake ${settings.lakeUri}.`, {
    remedy: 'Set SLUICE_LAKE to a folder.',
  });
}
