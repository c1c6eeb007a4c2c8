import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Settings } from '../settings/settings.ts';
import { inCache } from './cache.ts';
import { type Component, type Progress, reported } from './component.ts';
import { findOnPath } from './executables.ts';
import { runTool } from './run-tool.ts';
import { builtTemporal, TEMPORAL_VERSION } from './toolchain.ts';

const TEMPORAL_MODULE = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_VERSION}`;

/** Temporal's development server with its web UI, its state kept in a file. */
export function temporalServer(settings: Settings): Component {
  const { temporal, temporalUi } = settings.ports;
  const folder = join(settings.home, 'temporal');
  let binary = 'temporal';
  return {
    name: 'temporal',
    needs: [],
    ports: [
      { port: temporal, variable: 'SLUICE_PORT_TEMPORAL' },
      { port: temporalUi, variable: 'SLUICE_PORT_TEMPORAL_UI' },
    ],
    startLimitMs: 60_000,
    stopLimitMs: 10_000,
    async prepare(progress, signal) {
      await mkdir(folder, { recursive: true });
      binary = findOnPath('temporal') ?? (await buildTemporal(settings, progress, signal));
    },
    command: () => ({
      file: binary,
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(temporal), '--ui-port', String(temporalUi)],
        ...['--db-filename', join(folder, 'temporal.db'), '--log-format', 'json', '--log-level', 'warn'],
        ...['--namespace', settings.temporal.namespace],
        ...['--search-attribute', 'SluiceTable=Keyword', '--search-attribute', 'SluiceState=Keyword'],
      ],
    }),
    async isReady() {
      try {
        const connection = await Connection.connect({ address: `127.0.0.1:${temporal}`, connectTimeout: '2s' });
        await connection.workflowService.describeNamespace({ namespace: settings.temporal.namespace });
        await connection.close();
        return true;
      } catch {
        return false;
      }
    },
  };
}

async function buildTemporal(settings: Settings, progress: Progress, signal?: AbortSignal): Promise<string> {
  const binary = builtTemporal(settings.cacheFolder);
  if (existsSync(binary)) return binary;
  const log = join(settings.home, 'logs', 'temporal-build.log');
  const what = `building version ${TEMPORAL_VERSION} with Go, once; it can take five minutes`;
  const make = (temporary: string): Promise<string> =>
    reported(progress, 'temporal', { what, log, done: 'built' }, async () => {
      await runTool('go', ['install', TEMPORAL_MODULE], { log, signal, environment: { GOBIN: temporary } });
      return join(temporary, 'temporal');
    });
  await inCache(binary, make, signal);
  return binary;
}
