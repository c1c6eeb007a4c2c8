import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { s3Server } from '../../infra/s3-server.ts';
import { isComponent, stackParts } from '../../infra/stack-parts.ts';
import { readSettings } from '../../settings/settings.ts';
import { fakeTime } from './fake-time.ts';

/**
 * Runs the whole matrix in a network and a mount table of its own, so that a test may cut the one and mount in the other,
 * without being root and without touching anybody else's. From there nothing can be fetched: all of it is before.
 */
async function main(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
  const project = fileURLToPath(new URL('../../', import.meta.url));
  const environment = {
    ...process.env,
    SLUICE_HOME: home,
    SLUICE_CACHE: cacheOf(project),
    SLUICE_LAKE: 'hdfs:///lake',
  };
  const settings = readSettings(environment, project);
  const say = (line: string): void => console.log(`  ${line}`);
  mkdirSync(join(home, 'logs'));
  const s3 = s3Server(settings, { port: 1, accessKeyId: '', secretAccessKey: '' });
  for (const part of [...stackParts(settings, { own: [], simulatedServers: 0 }), s3]) {
    if (isComponent(part)) await part.prepare?.(say);
  }
  fakeTime(settings.cacheFolder, 1);
  rmSync(home, { recursive: true });
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const command = `ip link set lo up && exec "$0" "$@"`;
  const tests = [process.execPath, vitest, 'run', '--project', 'integration', '--reporter', 'verbose', 'test/faults'];
  const { status } = spawnSync(
    'unshare',
    ['--map-root-user', '--net', '--mount', 'sh', '-c', command, ...tests, ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      cwd: project,
      env: { ...process.env, SLUICE_FAULTS: 'all', SLUICE_FAULTS_OWN_NETWORK: 'true' },
    },
  );
  return status ?? 1;
}

function cacheOf(project: string): string {
  return process.env['SLUICE_CACHE'] ?? join(project, '.sluice', 'cache');
}

process.exitCode = await main();
