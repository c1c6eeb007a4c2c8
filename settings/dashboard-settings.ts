import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Environment } from './environment.ts';

/** Where the dashboard listens, and what lets someone in. Files are read by who needs them. */
export interface DashboardSettings {
  readonly host: string;
  readonly port: number;
  /** Holds the token; `given` is true where the operator named it: then none is made here. */
  readonly token: { readonly file: string; readonly given: boolean };
  /** Where files of records for backfills lie; undefined where the dashboard is to read none. */
  readonly filesFolder: string | undefined;
  /** PEM files; each undefined where it is not set. */
  readonly tls: { readonly certFile: string | undefined; readonly keyFile: string | undefined };
}

export function dashboardSettings(
  env: Environment,
  folders: { readonly home: string; readonly project: string },
  port: number,
): DashboardSettings {
  const file = (name: string): string | undefined => (env[name] ? resolve(folders.project, env[name]) : undefined);
  const tokenFile = file('SLUICE_DASHBOARD_TOKEN_FILE');
  return {
    host: env['SLUICE_DASHBOARD_HOST'] || '127.0.0.1',
    port,
    token: { file: tokenFile ?? `${folders.home}/secrets/dashboard-token`, given: tokenFile !== undefined },
    filesFolder: file('SLUICE_DASHBOARD_FILES_FOLDER'),
    tls: { certFile: file('SLUICE_DASHBOARD_TLS_CERT_FILE'), keyFile: file('SLUICE_DASHBOARD_TLS_KEY_FILE') },
  };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether a name, with a port or without, can only mean this machine. */
export function isLoopbackName(host: string): boolean {
  return LOOPBACK.test(bracketed(host));
}

/** Where a browser finds it. A host that stands for every address of the machine is shown by the machine's name. */
export function dashboardUrl({ host, port, tls }: DashboardSettings): string {
  const name = host === '0.0.0.0' || host === '::' ? hostname() : bracketed(host);
  return `${tls.certFile === undefined ? 'http' : 'https'}://${name}:${port}`;
}

/** An IPv6 address as it stands in a URL. */
function bracketed(host: string): string {
  return !host.startsWith('[') && host.split(':').length > 2 ? `[${host}]` : host;
}
