import type { SessionLimits } from '../../duckdb/session.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { BatchRequest, BatchResult, Engine } from '../engine.ts';
import { RunningThread } from './running-thread.ts';
import type { ThreadData } from './thread-messages.ts';

export interface ThreadOptions {
  /** Of its connections to Kafka. */
  readonly clientId: string;
  /** @default those of DuckDbEngine */
  readonly limits?: SessionLimits;
}

/**
 * A DuckDbEngine in a thread of its own, with its own connections to Kafka. Fetched bytes make V8 collect garbage often, and
 * each time it walks the whole heap: this thread's is small, where that of a worker holds Temporal's SDK and its workflows.
 * And while it decodes, the main thread heartbeats. A thread that is lost fails its batches; the next batch starts another.
 */
export class DuckDbThread implements Engine {
  readonly #data: ThreadData;
  #running: Promise<RunningThread> | undefined;

  private constructor(data: ThreadData) {
    this.#data = data;
  }

  /** @throws SluiceError ENGINE_FAILED where DuckDB does not start */
  static async open(kafka: KafkaSettings, options: ThreadOptions): Promise<DuckDbThread> {
    const { clientId, limits } = options;
    const engine = new DuckDbThread({ kafka, clientId, limits });
    await engine.#thread();
    return engine;
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    const thread = await this.#thread();
    return thread.write(request);
  }

  async close(): Promise<void> {
    const thread = await this.#running?.catch(() => undefined);
    await thread?.close();
  }

  #thread(): Promise<RunningThread> {
    this.#running ??= RunningThread.start(this.#data, () => (this.#running = undefined));
    return this.#running;
  }
}
