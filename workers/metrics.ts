import type { RuntimeOptions } from '@temporalio/worker';
import { INGEST_BUCKETS } from '../activities/ingest-measures.ts';
import { Instruments } from '../activities/instruments.ts';
import { type MetricsSettings, metricsUrl, type MeasuredComponent } from '../settings/metrics-settings.ts';
import { log } from './json-log.ts';
import { Runtime } from './temporal-library.ts';
import { CORE_LOGGING, temporalLogger } from './temporal-log.ts';

/**
 * Installs Temporal's runtime so that it offers what it and Sluice measure to Prometheus, at one address. A worker whose
 * address is taken works without: two workers on one machine are no reason for one of them to stand still.
 */
export function installRuntime(
  component: MeasuredComponent,
  metrics: MetricsSettings,
  options: RuntimeOptions = {},
): Instruments {
  const url = metricsUrl(metrics, component);
  const installed = { logger: temporalLogger(component), ...options };
  const logging = CORE_LOGGING;
  try {
    const telemetryOptions = { logging, metrics: exporterOf(component, url) };
    const runtime = Runtime.install({ ...installed, telemetryOptions });
    return new Instruments(runtime.metricMeter);
  } catch (thrown) {
    Runtime.install({ ...installed, telemetryOptions: { logging } });
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    log('error', component, `${url} cannot be offered, so nothing is measured. Set SLUICE_PORT_METRICS. ${why}`);
    return new Instruments();
  }
}

function exporterOf(component: MeasuredComponent, url: string) {
  return {
    attachServiceName: false,
    globalTags: { component },
    prometheus: {
      bindAddress: new URL(url).host,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: INGEST_BUCKETS,
    },
  };
}
