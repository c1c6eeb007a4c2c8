import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Settings } from '../settings/settings.ts';

/** The Temporal CLI that is built here where none is installed; newer tags do not install by `go install`. */
export const TEMPORAL_VERSION = '1.5.1';

export function builtTemporal(cacheFolder: string): string {
  return join(cacheFolder, 'bin', `temporal-${TEMPORAL_VERSION}`);
}

/** A tool that the stack needs, and how it stands. */
export interface ToolCheck {
  readonly tool: string;
  readonly neededFor: string;
  readonly found: string | undefined;
  readonly ok: boolean;
  /** How to get it. */
  readonly remedy: string;
}

export function findOnPath(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Looks for every tool that is needed for what is not given. */
export function checkTools(settings: Settings): ToolCheck[] {
  const checks: ToolCheck[] = [];
  const jvm = [...(settings.kafka.given ? [] : ['Kafka']), ...(settings.metastore.given ? [] : ['Hive Metastore'])];
  if (jvm.length > 0) checks.push(javaCheck(jvm.join(' and ')), mavenCheck(jvm.join(' and ')));
  if (!settings.temporal.given) checks.push(temporalCheck(settings));
  return checks;
}

function javaCheck(neededFor: string): ToolCheck {
  const version = firstLine('java', ['-version']);
  const major = Number(/version "(\d+)/.exec(version ?? '')?.[1] ?? 0);
  return {
    tool: 'JDK 17 or newer',
    neededFor,
    found: version,
    ok: major >= 17,
    remedy: 'Debian and Ubuntu: apt-get install openjdk-17-jdk-headless; Fedora: dnf install java-17-openjdk-headless.',
  };
}

function mavenCheck(neededFor: string): ToolCheck {
  const version = firstLine('mvn', ['-v']);
  const remedy = 'Debian and Ubuntu: apt-get install maven; Fedora: dnf install maven.';
  return { tool: 'Maven', neededFor, found: version, ok: version !== undefined, remedy };
}

function temporalCheck(settings: Settings): ToolCheck {
  const built = builtTemporal(settings.cacheFolder);
  const found = findOnPath('temporal') ?? (existsSync(built) ? built : undefined) ?? firstLine('go', ['version']);
  return {
    tool: 'temporal, or Go 1.23 or newer to build it',
    neededFor: 'Temporal',
    found,
    ok: found !== undefined,
    remedy:
      'Install the Temporal CLI (docs.temporal.io/cli), or Go (go.dev/dl); or set TEMPORAL_ADDRESS to a server of yours.',
  };
}

function firstLine(file: string, args: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  // Maven colours its answer even where nobody looks.
  return `${stdout}${stderr}`
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .find((line) => line.trim() !== '');
}
