import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { readSettings } from '../../../../settings/settings.ts';
import { describeStorage } from '../conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
let lakes = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStorage('file: as a storage', {
  manyObjects: 1_100,
  emptyLake() {
    lakes += 1;
    return readSettings({ SLUICE_LAKE: pathToFileURL(join(folder, `lake-${lakes}`)).href, SLUICE_HOME: folder });
  },
});
