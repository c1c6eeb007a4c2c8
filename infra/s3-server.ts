import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../settings/settings.ts';
import { inCache } from './cache.ts';
import { type Component, type Progress, reported } from './component.ts';
import { runTool } from './run-tool.ts';

export const VERSITYGW_VERSION = '1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@v${VERSITYGW_VERSION}`;

export interface S3ServerOptions {
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An S3 server on this machine, for tests: versitygw, which keeps its objects as files. Built with Go, once. */
export function s3Server(settings: Pick<Settings, 'home' | 'cacheFolder'>, options: S3ServerOptions): Component {
  const { port, accessKeyId, secretAccessKey } = options;
  const data = join(settings.home, 's3');
  const binary = join(settings.cacheFolder, 'bin', `versitygw-${VERSITYGW_VERSION}`);
  return {
    name: 's3',
    needs: [],
    ports: [{ port, variable: 'AWS_ENDPOINT_URL_S3' }],
    startLimitMs: 20_000,
    stopLimitMs: 5_000,
    async prepare(progress, signal) {
      await mkdir(data, { recursive: true });
      if (!existsSync(binary)) await build(binary, settings, progress, signal);
    },
    command: () => ({
      file: binary,
      args: ['--port', `127.0.0.1:${port}`, '--health', '/health', '--keep-alive', '--quiet', 'posix', data],
      environment: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    }),
    async isReady() {
      const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
      return answer?.ok ?? false;
    },
  };
}

async function build(
  binary: string,
  { home }: Pick<Settings, 'home'>,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const log = join(home, 'logs', 's3-build.log');
  const what = `building versitygw ${VERSITYGW_VERSION} with Go, once; it can take three minutes`;
  const make = (temporary: string): Promise<string> =>
    reported(progress, 's3', { what, log, done: 'built' }, async () => {
      await runTool('go', ['install', MODULE], { log, signal, environment: { GOBIN: temporary } });
      return join(temporary, 'versitygw');
    });
  await inCache(binary, make, signal);
}
