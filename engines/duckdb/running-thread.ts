import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { BatchRequest, BatchResult } from '../engine.ts';
import { errorOf, type FromThread, type ThreadData, type ToThread } from './thread-messages.ts';

/**
 * V8 marks all of a thread's heap each time that a share of it has come in fetched bytes. From this size on it waits for more of
 * them: where it began at a few MiB, it marked three times as often, which took every eighth CPU-second of a batch.
 */
const FIRST_HEAP_LIMIT_MIB = 64;

interface Pending {
  readonly request: BatchRequest;
  readonly resolve: (result: BatchResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** One thread from its start to its end, and the batches that it is at. */
export class RunningThread {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  readonly #opened: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(data: ThreadData, onLost: () => void) {
    // V8 takes it for threads that start from now on; the main thread's heap stays as it is.
    setFlagsFromString(`--initial-old-space-size=${FIRST_HEAP_LIMIT_MIB}`);
    this.#thread = new Worker(new URL('duckdb-thread-main.ts', import.meta.url), { workerData: data });
    let why = 'it ended';
    this.#thread.once('error', (thrown) => (why = thrown instanceof Error ? thrown.message : String(thrown)));
    this.#thread.on('message', (message: FromThread) => this.#answered(message));
    this.#ended = new Promise((resolve) => this.#thread.once('exit', () => resolve()));
    this.#opened = new Promise((resolve, reject) => {
      this.#thread.once('message', () => resolve());
      this.#thread.once('exit', () => {
        onLost();
        reject(lost(why));
        for (const pending of this.#pending.values()) pending.reject(lost(why));
      });
    });
  }

  /**
   * @param onLost called once, when the thread has ended
   * @throws SluiceError ENGINE_FAILED
   */
  static async start(data: ThreadData, onLost: () => void): Promise<RunningThread> {
    const thread = new RunningThread(data, onLost);
    await thread.#opened;
    return thread;
  }

  /** An aborted one throws the signal's reason, once nothing of it is under way any more. */
  async write(request: BatchRequest): Promise<BatchResult> {
    const { signal } = request;
    signal.throwIfAborted();
    // What can't cross to another thread; DuckDB has no progress to report.
    const rest = { ...request, signal: undefined, report: undefined };
    const id = ++this.#lastId;
    const abort = (): void => this.#send({ kind: 'abort', id });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<BatchResult>((resolve, reject) => {
        this.#pending.set(id, { request, resolve, reject });
        this.#send({ kind: 'write', id, request: rest });
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#pending.delete(id);
    }
  }

  async close(): Promise<void> {
    this.#send({ kind: 'close' });
    await this.#ended;
  }

  #send(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  #answered(message: FromThread): void {
    if (message.kind === 'open') return;
    const pending = this.#pending.get(message.id);
    if (message.kind === 'written') pending?.resolve(message.result);
    else pending?.reject(errorOf(message.failure, pending.request.plan));
  }
}

function lost(why: string): SluiceError {
  return new SluiceError('ENGINE_FAILED', `The thread of DuckDB's engine was lost: ${why}.`, {
    remedy: 'The batch is tried again in another thread; if it fails for ever, see the worker’s log.',
  });
}
