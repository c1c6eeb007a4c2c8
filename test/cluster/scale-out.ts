import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { s3Server } from '../../infra/s3-server.ts';
import { isComponent, stackParts } from '../../infra/stack-parts.ts';
import { readSettings } from '../../settings/settings.ts';

/**
 * Runs the scale-out in a network and a mount table of its own, which needs no root. From there nothing can be fetched: all of it
 * is before.
 */
async function main(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-scale-out-'));
  const project = fileURLToPath(new URL('../../', import.meta.url));
  const cache = process.env['SLUICE_CACHE'] ?? join(project, '.sluice', 'cache');
  const settings = readSettings({ ...process.env, SLUICE_HOME: home, SLUICE_CACHE: cache }, project);
  mkdirSync(join(home, 'logs'));
  const s3 = s3Server(settings, { port: 1, accessKeyId: '', secretAccessKey: '' });
  for (const part of [...stackParts(settings, { own: [], simulatedServers: 0 }), s3]) {
    if (isComponent(part)) await part.prepare?.((line) => console.log(`  ${line}`));
  }
  rmSync(home, { recursive: true });
  const run = fileURLToPath(new URL('scale-out-run.ts', import.meta.url));
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', run, ...process.argv.slice(2)];
  const { status } = spawnSync('unshare', ['--map-root-user', '--net', '--mount', ...command], {
    stdio: 'inherit',
    cwd: project,
    env: { ...process.env, SLUICE_CACHE: cache },
  });
  return status ?? 1;
}

process.exitCode = await main();
