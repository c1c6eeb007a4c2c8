import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Settings } from '../settings/settings.ts';
import type { Component, Progress } from './component.ts';
import { seconds } from './maven.ts';
import { runTool } from './run-tool.ts';
import { builtTemporal, findOnPath, TEMPORAL_VERSION } from './toolchain.ts';

const TEMPORAL_MODULE = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_VERSION}`;

/** Temporal's development server with its web UI, its state kept in a file. */
export function temporalServer(settings: Settings): Component {
  const { temporal, temporalUi } = settings.ports;
  const folder = join(settings.home, 'temporal');
  let binary = 'temporal';
  return {
    name: 'temporal',
    ports: [
      { port: temporal, variable: 'SLUICE_PORT_TEMPORAL' },
      { port: temporalUi, variable: 'SLUICE_PORT_TEMPORAL_UI' },
    ],
    startLimitMs: 60_000,
    stopLimitMs: 10_000,
    async prepare(progress) {
      await mkdir(folder, { recursive: true });
      binary = findOnPath('temporal') ?? (await buildTemporal(settings, progress));
    },
    command: () => ({
      file: binary,
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(temporal), '--ui-port', String(temporalUi)],
        ...['--db-filename', join(folder, 'temporal.db'), '--log-format', 'json', '--log-level', 'warn'],
        ...['--search-attribute', 'SluiceTable=Keyword', '--search-attribute', 'SluiceState=Keyword'],
      ],
    }),
    async isReady() {
      try {
        const connection = await Connection.connect({ address: `127.0.0.1:${temporal}`, connectTimeout: '2s' });
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        await connection.close();
        return true;
      } catch {
        return false;
      }
    },
  };
}

async function buildTemporal(settings: Settings, progress: Progress): Promise<string> {
  const binary = builtTemporal(settings.cacheFolder);
  if (existsSync(binary)) return binary;
  const log = join(settings.home, 'logs', 'temporal-build.log');
  progress(`temporal: building version ${TEMPORAL_VERSION} with Go; it takes about 5 minutes, once (log: ${log})`);
  const startedMs = performance.now();
  const folder = join(settings.cacheFolder, 'bin', String(process.pid));
  await mkdir(folder, { recursive: true });
  await runTool('go', ['install', TEMPORAL_MODULE], { log, environment: { GOBIN: folder } });
  await rename(join(folder, 'temporal'), binary);
  progress(`temporal: built after ${seconds(startedMs)}`);
  return binary;
}
