import { SluiceError } from '../../errors/sluice-error.ts';
import { FileStorage } from './file-storage.ts';
import type { Storage } from './storage.ts';

/** The storage that a lake's URI names. */
export function openStorage(lakeUri: string): Storage {
  if (lakeUri.startsWith('file:')) return new FileStorage(lakeUri);
  throw new SluiceError('SETTINGS_INVALID', `No storage is known for the lake ${lakeUri}.`, {
    remedy: 'Set SLUICE_LAKE to a file: location.',
  });
}
