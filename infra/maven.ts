import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from './component.ts';
import { runTool } from './run-tool.ts';

/** The folder of a pom's jars, fetched once for each state of the pom. Two processes may do so at once. */
export async function mavenJars(
  pom: string,
  options: { readonly name: string; readonly cacheFolder: string; readonly log: string; readonly progress: Progress },
): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(options.cacheFolder, 'jars', `${options.name}-${hash}`);
  if (existsSync(folder)) return folder;
  options.progress(`${options.name}: fetching its jars with Maven (log: ${options.log})`);
  const startedMs = performance.now();
  const temporary = `${folder}.${process.pid}`;
  await mkdir(temporary, { recursive: true });
  const goal = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${temporary}`];
  await runTool('mvn', goal, { log: options.log });
  await rename(temporary, folder).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
  options.progress(`${options.name}: jars are there after ${seconds(startedMs)}`);
  return folder;
}

export function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
