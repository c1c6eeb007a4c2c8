import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { EngineProgress } from '../engine-progress.ts';
import type { ConnectClient } from './connect-client.ts';
import { HandleLost, isServiceError, kindOf, OperationFailed, unreachable } from './connect-failure.ts';
import type { ExecutePlanResponse, Literal, Plan } from './connect-protocol.ts';

/** How long a server that does not answer is waited for: one that died is started again meanwhile. */
export const UNREACHABLE_PATIENCE_MS = 60_000;
const RETRY_EVERY_MS = 500;
/** How long an operation that was interrupted may take to end: its stream tells when it has. */
export const INTERRUPTED_WITHIN_MS = 5_000;

/** What an operation gave. */
export interface OperationResult {
  /** Rows as Arrow's streaming format, in parts. */
  readonly batches: readonly Buffer[];
  /** By the name of each `CollectMetrics` and of its expressions. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether it was there already, begun by another attempt. */
  readonly joined: boolean;
}

/** One session of a Spark Connect server. Whoever knows its id can join what runs in it. */
export class ConnectSession {
  readonly id: string;
  readonly #client: ConnectClient;
  /** The server's own name of the session: another one after a restart, and then nothing of it is left. */
  #serverSide: string | undefined;
  readonly #releasing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(client: ConnectClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  /** Sets what the session's operations go by. @throws HandleLost, SluiceError SPARK_UNREACHABLE */
  async configure(pairs: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const set = { pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })) };
    const patience = new Patience(this.#client.address, signal);
    for (;;) {
      try {
        const answer = await this.#call<{ server_side_session_id: string }>('Config', { operation: { set } });
        this.#serverSide = answer.server_side_session_id;
        return;
      } catch (thrown) {
        await patience.after(thrown);
      }
    }
  }

  /**
   * Runs an operation to its end, or joins it where it is there already. A stream may end before its operation, by
   * the server's own limits or with its connection: it is attached again until the result is complete.
   * @param report hears how far it is, as often as the server says so
   * @throws HandleLost, OperationFailed, SluiceError SPARK_UNREACHABLE; the signal's reason
   */
  run(
    operationId: string,
    plan: Plan,
    signal: AbortSignal,
    report: (progress: EngineProgress) => void = () => undefined,
  ): Promise<OperationResult> {
    const until = AbortSignal.any([signal, this.#releasing.signal]);
    return this.#tracked(this.#follow(operationId, plan, until, report));
  }

  /**
   * Ends all that runs in the session, then the session itself, as far as the server can be reached. In this order: a
   * server that closes a session while one of its operations ends fails on that one, and leaves the others for minutes.
   */
  async release(): Promise<void> {
    this.#releasing.abort();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.#call('ReleaseSession', {}).catch(() => undefined);
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async #follow(
    operationId: string,
    plan: Plan,
    signal: AbortSignal,
    report: (progress: EngineProgress) => void,
  ): Promise<OperationResult> {
    const collected = new Collected();
    const patience = new Patience(this.#client.address, signal);
    let begun = false;
    let joined = false;
    while (!collected.isComplete) {
      // Nothing is begun that nobody will follow: it would run on, and its failure end this process.
      signal.throwIfAborted();
      const call = begun ? this.#attach(operationId, collected.lastResponseId) : this.#begin(operationId, plan);
      const interrupt = (): void => void this.#tracked(this.#interrupt(operationId, call));
      signal.addEventListener('abort', interrupt, { once: true });
      try {
        for await (const response of call) {
          const message = response as ExecutePlanResponse;
          collected.add(message);
          if (message.execution_progress) report(progressOf(message.execution_progress));
          begun = true;
          patience.renew();
        }
      } catch (thrown) {
        signal.throwIfAborted();
        if (!isServiceError(thrown)) throw thrown;
        const kind = kindOf(thrown);
        if (kind === 'failed') throw new OperationFailed(thrown.details, joined, thrown);
        if (kind !== 'there-already') await patience.after(thrown, begun);
        else {
          joined ||= !begun;
          begun = true;
        }
      } finally {
        signal.removeEventListener('abort', interrupt);
      }
    }
    return { batches: collected.batches, metrics: collected.metrics, joined };
  }

  #begin(operationId: string, plan: Plan): ClientReadableStream<ExecutePlanResponse> {
    return this.#client.stream('ExecutePlan', this.id, {
      ...this.#observed(),
      operation_id: operationId,
      plan,
      request_options: [{ reattach_options: { reattachable: true } }],
    });
  }

  #attach(operationId: string, lastResponseId: string | undefined): ClientReadableStream<ExecutePlanResponse> {
    return this.#client.stream('ReattachExecute', this.id, {
      ...this.#observed(),
      operation_id: operationId,
      ...(lastResponseId === undefined ? {} : { last_response_id: lastResponseId }),
    });
  }

  async #interrupt(operationId: string, call: ClientReadableStream<unknown>): Promise<void> {
    const request = { interrupt_type: 'INTERRUPT_TYPE_OPERATION_ID', operation_id: operationId };
    const ended = once(call, 'status', { signal: AbortSignal.timeout(INTERRUPTED_WITHIN_MS) });
    const [interrupted] = await Promise.allSettled([this.#call('Interrupt', request), ended]);
    // Its stream may have ended a moment before the operation has: so each is released by itself, not with the session.
    const released = { operation_id: operationId, release_all: {} };
    if (interrupted.status === 'fulfilled') await this.#call('ReleaseExecute', released).catch(() => undefined);
    call.cancel();
  }

  #call<T>(method: 'Config' | 'Interrupt' | 'ReleaseExecute' | 'ReleaseSession', request: object): Promise<T> {
    return this.#client.call<T>(method, this.id, request);
  }

  #observed(): object {
    return this.#serverSide === undefined ? {} : { client_observed_server_side_session_id: this.#serverSide };
  }
}

/** Bears a server that does not answer, for a while. */
class Patience {
  readonly #address: string;
  readonly #signal: AbortSignal;
  #sinceMs: number | undefined;

  constructor(address: string, signal: AbortSignal) {
    this.#address = address;
    this.#signal = signal;
  }

  renew(): void {
    this.#sinceMs = undefined;
  }

  /**
   * Waits a moment where a call may be tried again; else throws what its failure means.
   * @param begun whether what was called for is known to have been there
   */
  async after(thrown: unknown, begun = false): Promise<void> {
    this.#signal.throwIfAborted();
    if (!isServiceError(thrown)) throw thrown;
    const kind = kindOf(thrown);
    if (kind === 'lost' || kind === 'ended') {
      throw new HandleLost(thrown.details, { cause: thrown, endedBefore: kind === 'ended' && !begun });
    }
    if (kind !== 'unreachable') throw thrown;
    this.#sinceMs ??= performance.now();
    if (performance.now() - this.#sinceMs > UNREACHABLE_PATIENCE_MS) throw unreachable(this.#address, thrown);
    await sleep(RETRY_EVERY_MS, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
  }
}

/** The messages of one operation, whatever streams they came by. */
class Collected {
  readonly batches: Buffer[] = [];
  readonly metrics: Record<string, Record<string, unknown>> = {};
  lastResponseId: string | undefined;
  isComplete = false;

  add(response: ExecutePlanResponse): void {
    this.lastResponseId = response.response_id;
    if (response.arrow_batch) this.batches.push(response.arrow_batch.data);
    if (response.result_complete) this.isComplete = true;
    for (const { name, keys = [], values = [] } of response.observed_metrics ?? []) {
      if (keys.length > 0)
        this.metrics[name] = Object.fromEntries(keys.map((key, index) => [key, plain(values[index])]));
    }
  }
}

function progressOf(told: NonNullable<ExecutePlanResponse['execution_progress']>): EngineProgress {
  const { stages = [], num_inflight_tasks: running = '0' } = told;
  const sum = (of: (stage: (typeof stages)[number]) => string | undefined): number =>
    stages.reduce((total, stage) => total + Number(of(stage) ?? 0), 0);
  return {
    engine: 'spark',
    stages: stages.length,
    stagesDone: stages.filter(({ done }) => done === true).length,
    tasks: sum(({ num_tasks }) => num_tasks),
    tasksDone: sum(({ num_completed_tasks }) => num_completed_tasks),
    tasksRunning: Number(running),
    readBytes: sum(({ input_bytes_read }) => input_bytes_read),
  };
}

function plain(literal: Literal | undefined): unknown {
  return literal?.literal_type === undefined ? undefined : literal[literal.literal_type];
}
