import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DataConverter } from '@temporalio/common';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
/** Whatever workflows may import (eslint.config.js), and what hides their failures. */
const ROOMS = ['workflows', 'plans', 'clock', 'definition', 'errors', 'settings', 'temporal'];

/** The workflows' code as one bundle, and the name of the state of sources and dependencies that it was built from. */
export interface WorkflowBundle {
  readonly codePath: string;
  readonly buildId: string;
}

/** Built once for each state (build-workflows.ts), and then kept; one that hides failures from Temporal is another one. */
export async function workflowBundle(cacheFolder: string, converter: DataConverter = {}): Promise<WorkflowBundle> {
  const { failureConverterPath } = converter;
  const buildId = failureConverterPath === undefined ? sourceHash() : `${sourceHash()}-encrypted`;
  const codePath = join(cacheFolder, 'workflows', `${buildId}.js`);
  if (existsSync(codePath)) return { codePath, buildId };
  const build = fileURLToPath(new URL('build-workflows.ts', import.meta.url));
  const to = [codePath, ...(failureConverterPath === undefined ? [] : [failureConverterPath])];
  await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', build, ...to]);
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
