import { expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { openReach } from '../../../dashboard/access/reach.ts';
import { readSettings } from '../../../settings/settings.ts';

const HERE = fileURLToPath(import.meta.url);
const TOKEN = { SLUICE_DASHBOARD_TOKEN_FILE: HERE };
const CERT = { SLUICE_DASHBOARD_TLS_CERT_FILE: HERE };
const KEY = { SLUICE_DASHBOARD_TLS_KEY_FILE: HERE };
const reach = (env: Record<string, string>) => openReach(readSettings(env).dashboard);

it.each(['127.0.0.1', 'localhost', '::1'])('needs nothing on %s', async (host) => {
  await expect(reach({ SLUICE_DASHBOARD_HOST: host })).resolves.toEqual({ loopbackOnly: true, tls: undefined });
});

it.each([
  [
    '0.0.0.0',
    {},
    'SLUICE_DASHBOARD_TOKEN_FILE and SLUICE_DASHBOARD_TLS_CERT_FILE and SLUICE_DASHBOARD_TLS_KEY_FILE are',
  ],
  ['::', { ...CERT, ...KEY }, 'SLUICE_DASHBOARD_TOKEN_FILE is'],
  ['10.0.0.1', { ...TOKEN }, 'SLUICE_DASHBOARD_TLS_CERT_FILE and SLUICE_DASHBOARD_TLS_KEY_FILE are'],
  ['dashboard.example', { ...TOKEN, ...CERT }, 'SLUICE_DASHBOARD_TLS_KEY_FILE is'],
  ['127.0.0.1', { ...CERT }, 'SLUICE_DASHBOARD_TLS_KEY_FILE is'],
  ['127.0.0.1', { ...KEY }, 'SLUICE_DASHBOARD_TLS_CERT_FILE is'],
])('refuses %s with %j, and names what is missing', async (host, env, missing) => {
  await expect(reach({ SLUICE_DASHBOARD_HOST: host, ...env })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringContaining(`${missing} not set`) as unknown,
  });
});

it('is reachable from elsewhere with all three', async () => {
  const opened = await reach({ SLUICE_DASHBOARD_HOST: '0.0.0.0', ...TOKEN, ...CERT, ...KEY });
  expect(opened).toMatchObject({ loopbackOnly: false, tls: { cert: expect.stringContaining('openReach') as unknown } });
});

it('names the file that cannot be read', async () => {
  const env = { SLUICE_DASHBOARD_HOST: '0.0.0.0', ...TOKEN, ...CERT, SLUICE_DASHBOARD_TLS_KEY_FILE: '/nowhere/key' };
  await expect(reach(env)).rejects.toMatchObject({
    message: 'SLUICE_DASHBOARD_TLS_KEY_FILE: the file /nowhere/key cannot be read.',
  });
});
