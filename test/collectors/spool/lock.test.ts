import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockFolder } from '../../../collectors/spool/lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('one collector a folder, until it lets go', async () => {
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(folder) as string,
  });
  const unlockOther = await lockFolder(join(folder, 'other'));
  unlockOther();
  unlock();
  const again = await lockFolder(folder);
  again();
});
