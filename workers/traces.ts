import { setTimeout as sleep } from 'node:timers/promises';
import type { TracesSettings } from '../settings/traces-settings.ts';

/** What is not with the collector of traces by then is lost: no worker waits longer for it when it is told to stop. */
const SHUTDOWN_LIMIT_MS = 2_000;

/**
 * Has spans sent by OTLP over HTTP where the environment says to where; the exporter reads the rest of OpenTelemetry's own
 * variables itself (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). Else nothing is loaded.
 * @returns sends what is left
 */
export async function startTraces(component: string, { isWanted }: TracesSettings): Promise<() => Promise<void>> {
  if (!isWanted) return () => Promise.resolve();
  const [api, { AsyncLocalStorageContextManager }, { OTLPTraceExporter }, resources, sdk] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ]);
  const named = resources.resourceFromAttributes({ 'service.name': `sluice-${component}` });
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(named)
      .merge(
        resources.detectResources({
          detectors: [resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector],
        }),
      ),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(provider);
  return () => Promise.race([provider.shutdown().catch(() => undefined), sleep(SHUTDOWN_LIMIT_MS, undefined)]);
}
