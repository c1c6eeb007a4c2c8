import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../settings/settings.ts';
import type { Check } from './check.ts';
import type { Component } from './component.ts';
import { findOnPath, saidBy } from './executables.ts';
import { javaVersion, jdkProgram } from './java.ts';

/** The Temporal CLI that is built here where none is installed; newer tags do not install by `go install`. */
export const TEMPORAL_VERSION = '1.5.1';
/** The oldest Go that builds it; a newer toolchain that a module asks for is fetched by Go itself. */
const OLDEST_GO_MINOR = 21;
const OLDEST_JAVA = 17;

export function builtTemporal(cacheFolder: string): string {
  return join(cacheFolder, 'bin', `temporal-${TEMPORAL_VERSION}`);
}

/** Looks for every tool that is needed for what is not given. */
export function examineTools(settings: Settings, components: readonly Pick<Component, 'name'>[]): Check[] {
  const services = [
    ...(settings.kafka.given ? [] : ['Kafka']),
    ...(settings.metastore.given ? [] : ['Hive Metastore']),
    ...(settings.hdfs?.given === false ? ['HDFS'] : []),
    ...(settings.engine === 'spark' && !settings.spark.given ? ['Spark'] : []),
    ...(components.some(({ name }) => name === 'flume') ? ['Flume'] : []),
  ];
  const jvm = services.join(' and ');
  return [
    ...(services.length > 0 ? [javaCheck(jvm, javaVersion()), compilerCheck(jvm), mavenCheck(jvm)] : []),
    ...(settings.temporal.given ? [] : [temporalCheck(settings)]),
  ];
}

/** @param said what `java -version` prints; undefined where there is none */
export function javaCheck(neededFor: string, said: string | undefined): Check {
  // Before version 9 it called itself 1.8.
  const major = Number(/version "(?:1\.)?(\d+)/.exec(said ?? '')?.[1] ?? 0);
  return {
    code: 'TOOL_MISSING',
    what: `Java ${OLDEST_JAVA} or newer, for ${neededFor}`,
    found: firstLine(said),
    ok: major >= OLDEST_JAVA,
    remedy:
      'Debian and Ubuntu: apt-get install openjdk-17-jdk-headless; Fedora: dnf install java-17-openjdk-devel; or set JAVA_HOME.',
  };
}

/** @param said what `go version` prints; undefined where there is none */
export function goCheck(said: string | undefined): { readonly found: string | null; readonly ok: boolean } {
  const [, major = '0', minor = '0'] = /go(\d+)\.(\d+)/.exec(said ?? '') ?? [];
  return { found: firstLine(said), ok: Number(major) > 1 || Number(minor) >= OLDEST_GO_MINOR };
}

function compilerCheck(neededFor: string): Check {
  const found = firstLine(saidBy(jdkProgram('javac'), ['-version']));
  return {
    code: 'TOOL_MISSING',
    what: `a JDK's javac, for ${neededFor}`,
    found,
    ok: found !== null,
    remedy: 'A Java runtime alone is not enough. Debian and Ubuntu: apt-get install openjdk-17-jdk-headless.',
  };
}

function mavenCheck(neededFor: string): Check {
  const found = firstLine(saidBy('mvn', ['-v']));
  const remedy = 'Debian and Ubuntu: apt-get install maven; Fedora: dnf install maven.';
  return { code: 'TOOL_MISSING', what: `Maven, for ${neededFor}`, found, ok: found !== null, remedy };
}

function temporalCheck(settings: Settings): Check {
  const built = builtTemporal(settings.cacheFolder);
  const binary = findOnPath('temporal') ?? (existsSync(built) ? built : undefined);
  const { found, ok } = binary === undefined ? goCheck(saidBy('go', ['version'])) : { found: binary, ok: true };
  return {
    code: 'TOOL_MISSING',
    what: `temporal, or Go 1.${OLDEST_GO_MINOR} or newer to build it`,
    found,
    ok,
    remedy:
      'Install the Temporal CLI (docs.temporal.io/cli), or Go (go.dev/dl); or set TEMPORAL_ADDRESS to a server of yours.',
  };
}

function firstLine(said: string | undefined): string | null {
  // Maven colours its answer even where nobody looks.
  const lines = (said ?? '').replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  return lines.find((line) => line.trim() !== '') ?? null;
}
