import { SluiceError } from '../errors/sluice-error.ts';

/** Whether DuckDB takes a file's path for a pattern, and reads whatever else matches it. It knows no escape. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/**
 * A folder whose files DuckDB reads.
 * @param name of the variable that it comes from
 * @throws SluiceError SETTINGS_INVALID
 */
export function plainFolder(name: string, path: string): string {
  if (!isPattern(path)) return path;
  throw new SluiceError(
    'SETTINGS_INVALID',
    `${name}: the path ${path} holds *, ? or [, which DuckDB takes for a pattern: it would read other folders’ files too.`,
    { remedy: `Set ${name} to a folder whose whole path has none of them.`, details: { variable: name } },
  );
}
