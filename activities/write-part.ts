import { Context } from '@temporalio/activity';
import { progressInWords } from '../engines/engine-progress.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { BatchWriter } from './batch-writer.ts';
import { toFailure } from './failure.ts';
import { heartbeating } from './heartbeat.ts';
import type { WindowParts } from './ingest-parts.ts';
import type { PartedBatch } from './window.ts';

export interface PartInput extends Pick<PartedBatch, 'sequence' | 'revision'> {
  readonly table: string;
  /** From 0. */
  readonly shard: number;
}

export interface PartActivities {
  /** Writes one part of a batch that is divided, on whichever worker is free. */
  readonly writePart: (input: PartInput) => Promise<void>;
}

/** @param stopping says that the worker is about to stop: the part is left to another */
export function createPartActivities(parts: WindowParts, stopping: AbortSignal): PartActivities {
  return {
    async writePart(input) {
      const context = Context.current();
      const ended = AbortSignal.any([context.cancellationSignal, stopping]);
      const { table, sequence: batch, revision, shard } = input;
      const about = { table, batch, revision, shard, attempt: context.info.attempt };
      try {
        const writer = BatchWriter.open(parts, table);
        const signal = AbortSignal.any([ended, parts.clock.timeout(writer.definition.limits.stepTimeoutMs)]);
        await heartbeating((tell) =>
          writer.writePart(input, shard, signal, (progress) => tell({ engine: progressInWords(progress) })),
        );
        parts.journal?.('info', 'A part of a batch is written.', about);
      } catch (thrown) {
        const { code, advice } = asSluiceError(thrown);
        parts.journal?.('error', advice, { ...about, code });
        throw toFailure(thrown);
      }
    },
  };
}
