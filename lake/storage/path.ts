import { SluiceError } from '../../errors/sluice-error.ts';

/**
 * Whether a path could name something outside of its folder, or something else than it seems to: an absolute one, one with
 * an empty part, `.` or `..`, or with a character that some system takes for the end of a part or of the path.
 */
export function leadsOut(path: string): boolean {
  return /[\0\\]/.test(path) || path.split('/').some((part) => part === '' || part === '.' || part === '..');
}

/** @throws SluiceError INTERNAL for a path that leads out of the storage: no name that is checked makes one */
export function pathWithin(path: string): string {
  if (!leadsOut(path)) return path;
  throw new SluiceError('INTERNAL', `${JSON.stringify(path.slice(0, 200))} is no path within the lake.`);
}

/** What adding a file meets where something is already: names are used once, so this is no other writer's doing. */
export function pathUsedBefore(uri: string): SluiceError {
  return new SluiceError('INTERNAL', `Could not add ${uri}: its path has been used before.`);
}
