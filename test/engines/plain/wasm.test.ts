import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { WASM_FILE } from '../../../engines/plain/wasm-instance.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const COMPILER = fileURLToPath(new URL('../../../node_modules/assemblyscript/bin/asc.js', import.meta.url));

it('is what its source compiles to (npm run wasm)', () => {
  const outFile = join(temporaryFolder(), 'plain.wasm');
  execFileSync(process.execPath, [COMPILER, '--outFile', outFile], { cwd: join(dirname(WASM_FILE), 'assembly') });
  expect(readFileSync(outFile).equals(readFileSync(WASM_FILE))).toBe(true);
});
