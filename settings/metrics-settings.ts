import { type Environment, invalid } from './environment.ts';

/** The processes that measure, each on a port of its own. */
export type MeasuredComponent = 'worker' | 'background';

export interface MetricsSettings {
  /** Where the figures are offered; loopback by default, since they need no token. */
  readonly host: string;
  /** Of the worker; the background worker's is the next. */
  readonly port: number;
}

export type LogLevel = 'debug' | 'info' | 'error';

/** @throws SluiceError SETTINGS_INVALID */
export function logLevelOf(env: Environment): LogLevel {
  const level = env['SLUICE_LOG_LEVEL'] || 'info';
  if (level === 'debug' || level === 'info' || level === 'error') return level;
  throw invalid('SLUICE_LOG_LEVEL', `"${level}" is none of debug, info, error`);
}

/** Where Prometheus finds a component's figures. */
export function metricsUrl({ host, port }: MetricsSettings, component: MeasuredComponent): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${component === 'worker' ? port : port + 1}/metrics`;
}
