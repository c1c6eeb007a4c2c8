import type { Environment } from './environment.ts';

export interface TracesSettings {
  /** Whether OpenTelemetry's own variables say where traces go. */
  readonly isWanted: boolean;
}

/** OpenTelemetry's rule: a variable that is empty is not set (specification, "General SDK Configuration"). */
export function tracesSettings(env: Environment): TracesSettings {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const isOff = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none';
  return { isWanted: Boolean(endpoint) && !isOff };
}
