import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
/** Whatever workflows may import (eslint.config.js), and what hides their failures. */
const ROOMS = ['workflows', 'plans', 'clock', 'definition', 'errors', 'settings', 'temporal'];

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
    workflowsPath: join(PROJECT, 'workflows', 'index.ts'),
    // How a bundle is built is no line of a worker's log; what keeps it from being built is thrown.
    logger: new DefaultLogger('ERROR'),
    ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
  });
  await mkdir(join(cacheFolder, 'workflows'), { recursive: true });
  const temporary = `${codePath}.${process.pid}`;
  await writeFile(temporary, code);
  await rename(temporary, codePath);
  return { codePath, buildId };
}

/** What a bundle is made of, relative to the project's folder. */
export function bundleSources(): string[] {
  const files = ROOMS.flatMap((room) => readdirSync(join(PROJECT, room), { recursive: true, withFileTypes: true }));
  const paths = files
    .filter((file) => file.isFile())
    .map((file) => relative(PROJECT, join(file.parentPath, file.name)));
  return ['package-lock.json', ...paths.sort()];
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const path of bundleSources()) hash.update(`${path}\n`).update(readFileSync(join(PROJECT, path)));
  return hash.digest('hex').slice(0, 16);
}
