import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));

/** A process of Sluice itself, ready when it says so with a line of JSON. */
function ownProcess(
  name: string,
  entry: string,
  needs: readonly string[],
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  ports: Component['ports'] = [],
): Component {
  return {
    name,
    needs,
    ports,
    startLimitMs: 60_000,
    stopLimitMs: 15_000,
    command: () => ({
      file: process.execPath,
      environment,
      args: ['--disable-warning=ExperimentalWarning', join(PROJECT, entry), ...args],
    }),
    isReady: (logTail) => Promise.resolve(logTail.includes('"ready":true')),
  };
}

/** How Node.js and the C library are set for all of Sluice's own processes. */
export function runtimeEnvironment(cacheFolder: string): Readonly<Record<string, string>> {
  return {
    // What V8 compiled the last time is kept: a quarter of the CPU time that a worker's imports take.
    NODE_COMPILE_CACHE: join(cacheFolder, 'compiled'),
    // One heap a core and more, as glibc has them, hold on to what other threads have freed: some 45 MiB of a worker that catches up.
    MALLOC_ARENA_MAX: '2',
  };
}

export type OwnProcess = 'worker' | 'background' | 'collector' | 'dashboard';

/** Sluice's own processes by name. `environment` is added to this process's own. */
export function ownProcesses(
  settings: Settings,
  options: {
    readonly topic: string;
    readonly simulatedServers: number;
    readonly environment: Readonly<Record<string, string>>;
  },
): Readonly<Record<OwnProcess, Component>> {
  const environment = { ...runtimeEnvironment(settings.cacheFolder), ...options.environment };
  const simulate = ['--topic', options.topic, '--simulate', String(options.simulatedServers)];
  const port = { port: settings.dashboard.port, variable: 'SLUICE_PORT_DASHBOARD' };
  return {
    // While the metastore is away the worker ingests; it publishes when it is back.
    worker: {
      ...ownProcess(
        'worker',
        'workers/main.ts',
        ['topics', 'temporal', 'spark', 'spark-protocol', 'hdfs-datanode'],
        [],
        environment,
      ),
      uses: ['metastore'],
    },
    background: {
      ...ownProcess('background', 'workers/background.ts', ['temporal', 'hdfs-datanode'], [], environment),
      uses: ['metastore'],
    },
    collector: ownProcess('collector', 'collectors/main.ts', ['topics'], simulate, environment),
    dashboard: ownProcess('dashboard', 'dashboard/main.ts', ['topics', 'hdfs-datanode'], [], environment, [port]),
  };
}
