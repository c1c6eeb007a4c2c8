import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder, and what it holds. */
export function filesBelow(folder: string): [path: string, bytes: Buffer][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry): [string, Buffer][] => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    const bytes = contentIfThere(path);
    return bytes === undefined ? [] : [[path, bytes]];
  });
}

/** A file's bytes; undefined if it has gone since it was listed, as the journal of a running database does. */
function contentIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
