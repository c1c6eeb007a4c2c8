import { type Context, context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { asSluiceError } from '../errors/sluice-error.ts';
import type { BatchPlan, BatchSeal } from '../plans/batch.ts';

/** Spans go where the process sends them, and are nothing where it sends none (workers/traces.ts). */
const tracer = () => trace.getTracer('sluice');

/** One step at one attempt of a batch's revision. */
export interface TracedStep {
  readonly table: string;
  readonly sequence: number;
  readonly revision: number;
  readonly attempt: string;
}

/**
 * What became of one batch, as a trace: a span from the beginning of its plan to its commit, and one below it for each step.
 * That of `publish` outlasts it, since publication goes on beside the next batch.
 */
export class BatchTrace {
  readonly #span: Span;
  readonly #context: Context;

  /** @param startedAtMs when planning began, in milliseconds since the epoch */
  constructor(table: string, { sequence, revision, plannedAtMs }: BatchPlan, startedAtMs: number) {
    const attributes = { 'sluice.table': table, 'sluice.sequence': sequence, 'sluice.revision': revision };
    this.#span = tracer().startSpan('batch', { startTime: startedAtMs, attributes }, ROOT_CONTEXT);
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span);
    const plan = { ...attributes, 'sluice.planned_before': plannedAtMs < startedAtMs };
    tracer().startSpan('plan', { startTime: startedAtMs, attributes: plan }, this.#context).end();
  }

  /** Does what belongs to the batch: its steps become spans. Where it fails, the trace ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await context.with(this.#context, work);
    } catch (thrown) {
      fail(this.#span, thrown);
      this.#span.end();
      throw thrown;
    }
  }

  /** The batch is in the table. @param version undefined where another writer had committed it */
  committed(seal: BatchSeal, version: number | undefined): void {
    const files = [...seal.files, ...seal.rejectedFiles, ...(seal.archiveFiles ?? [])];
    this.#span.setAttributes({
      'sluice.revision': seal.revision,
      'sluice.attempt': seal.attempt,
      'sluice.rows': seal.rows,
      'sluice.rejected': seal.rejectedRows,
      'sluice.bytes': files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      ...(version === undefined ? {} : { 'sluice.version': version }),
    });
    this.#span.end();
  }

  /** From now until Hive shows the batch. @returns ends it, with what kept Hive from that where something did */
  publishing(): (failure?: unknown) => void {
    const span = tracer().startSpan('publish', {}, this.#context);
    return (failure) => {
      if (failure !== undefined) fail(span, failure);
      span.end();
    };
  }
}

/** A step of the batch that is worked at; outside of one, it makes no span. */
export async function inSpan<T>(step: string, of: TracedStep, work: () => Promise<T>): Promise<T> {
  if (trace.getActiveSpan() === undefined) return work();
  const attributes = Object.fromEntries(Object.entries(of).map(([name, value]) => [`sluice.${name}`, value as string]));
  return tracer().startActiveSpan(step, { attributes }, async (span) => {
    try {
      return await work();
    } catch (thrown) {
      fail(span, thrown);
      throw thrown;
    } finally {
      span.end();
    }
  });
}

function fail(span: Span, thrown: unknown): void {
  const { code, message } = asSluiceError(thrown);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute('error.type', code);
}
