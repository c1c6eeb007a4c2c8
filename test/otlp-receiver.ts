import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Of OTLP's JSON what is looked at (opentelemetry-proto, ExportTraceServiceRequest). */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code?: number; readonly message?: string };
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export function valueOf(attributes: OtlpSpan['attributes'], name: string): unknown {
  return Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];
}

/** The receiving end of OTLP over HTTP, as a collector has it; keeps everything. */
export class OtlpReceiver {
  readonly url: string;
  readonly #server: Server;
  readonly #requests: OtlpRequest[];

  private constructor(server: Server, requests: OtlpRequest[]) {
    this.#server = server;
    this.#requests = requests;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<OtlpReceiver> {
    const requests: OtlpRequest[] = [];
    const take = async (request: IncomingMessage): Promise<void> => {
      if (request.url === '/v1/traces') requests.push((await json(request)) as OtlpRequest);
    };
    const server = createServer((request, response) => {
      void take(request).then(() => response.setHeader('content-type', 'application/json').end('{}'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OtlpReceiver(server, requests);
  }

  get services(): unknown[] {
    const resources = this.#requests.flatMap(({ resourceSpans }) => resourceSpans);
    return resources.map(({ resource }) => valueOf(resource.attributes, 'service.name'));
  }

  get spans(): OtlpSpan[] {
    const resources = this.#requests.flatMap(({ resourceSpans }) => resourceSpans);
    return resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
