import { readFile } from 'node:fs/promises';
import { SluiceError } from '../../errors/sluice-error.ts';
import { type DashboardSettings, isLoopbackName } from '../../settings/dashboard-settings.ts';

/** How far the dashboard can be reached, and by what it is then protected. */
export interface Reach {
  /** On loopback reading needs no token: whoever asks has an account on this machine. */
  readonly loopbackOnly: boolean;
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** @throws SluiceError SETTINGS_INVALID where it would be reachable from elsewhere without token and TLS */
export async function openReach({ host, token, tls }: DashboardSettings): Promise<Reach> {
  const loopbackOnly = isLoopbackName(host);
  const missing = [
    ...(token.given || loopbackOnly ? [] : ['SLUICE_DASHBOARD_TOKEN_FILE']),
    ...(tls.certFile !== undefined || (loopbackOnly && tls.keyFile === undefined)
      ? []
      : ['SLUICE_DASHBOARD_TLS_CERT_FILE']),
    ...(tls.keyFile !== undefined || (loopbackOnly && tls.certFile === undefined)
      ? []
      : ['SLUICE_DASHBOARD_TLS_KEY_FILE']),
  ];
  if (missing.length > 0) throw unprotected(host, missing);
  if (tls.certFile === undefined || tls.keyFile === undefined) return { loopbackOnly, tls: undefined };
  const cert = await pem('SLUICE_DASHBOARD_TLS_CERT_FILE', tls.certFile);
  const key = await pem('SLUICE_DASHBOARD_TLS_KEY_FILE', tls.keyFile);
  return { loopbackOnly, tls: { cert, key } };
}

async function pem(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SluiceError('SETTINGS_INVALID', `${variable}: the file ${file} cannot be read.`, {
      remedy: `Correct or unset ${variable}.`,
      details: { variable },
      cause,
    });
  }
}

function unprotected(host: string, missing: readonly string[]): SluiceError {
  return new SluiceError(
    'SETTINGS_INVALID',
    `The dashboard does not listen on ${host} without a token and TLS: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set.`,
    {
      remedy: 'Set what is missing, or let it listen on 127.0.0.1 by unsetting SLUICE_DASHBOARD_HOST.',
      details: { variable: missing[0] ?? '' },
    },
  );
}
