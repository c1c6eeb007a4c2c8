import type { ListOptions, Storage } from '../../../lake/storage/storage.ts';

/** The paths of a folder's objects, in the order that the storage gives them. */
export async function listed(storage: Storage, folder: string, options?: ListOptions): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of storage.list(folder, options)) paths.push(path);
  return paths;
}
