import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { bundleWorkflowCode } from '@temporalio/worker';

const WORKFLOWS = fileURLToPath(new URL('../workflows/', import.meta.url));
const LOCKFILE = fileURLToPath(new URL('../package-lock.json', import.meta.url));

/** The workflows' code as one bundle, and the name of the state of sources and dependencies that it was built from. */
export interface WorkflowBundle {
  readonly codePath: string;
  readonly buildId: string;
}

/** Built once for each state, and then kept; one that hides failures from Temporal is another one. */
export async function workflowBundle(cacheFolder: string, converter: DataConverter = {}): Promise<WorkflowBundle> {
  const { failureConverterPath } = converter;
  const buildId = failureConverterPath === undefined ? sourceHash() : `${sourceHash()}-encrypted`;
  const codePath = join(cacheFolder, 'workflows', `${buildId}.js`);
  if (existsSync(codePath)) return { codePath, buildId };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, 'index.ts'),
    ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
  });
  await mkdir(join(cacheFolder, 'workflows'), { recursive: true });
  const temporary = `${codePath}.${process.pid}`;
  await writeFile(temporary, code);
  await rename(temporary, codePath);
  return { codePath, buildId };
}

function sourceHash(): string {
  const hash = createHash('sha256').update(readFileSync(LOCKFILE));
  for (const name of readdirSync(WORKFLOWS).sort()) hash.update(name).update(readFileSync(join(WORKFLOWS, name)));
  return hash.digest('hex').slice(0, 16);
}
