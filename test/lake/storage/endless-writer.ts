/** Adds files to a lake, one after the other, until it is killed: node endless-writer.ts <settings as JSON> */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStorage } from '../../../lake/storage/open-storage.ts';
import type { LakeSettings } from '../../../settings/settings.ts';
import { wholeObject } from './whole-object.ts';

const SIZE_BYTES = 8 * 1024 ** 2;

const storage = openStorage(JSON.parse(process.argv[2] ?? '') as LakeSettings);
await storage.withScratchFolder(async (folder) => {
  for (let index = 0; ; index += 1) {
    const localPath = join(folder, `${index}`);
    await writeFile(localPath, wholeObject(`file ${index}`, SIZE_BYTES));
    await storage.addFiles([{ localPath, path: `killed/${process.pid}-${index}` }]);
    await storage.createIfAbsent(`killed/${process.pid}-${index}.created`, wholeObject('created', SIZE_BYTES));
  }
});
