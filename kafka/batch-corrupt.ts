import { SluiceError } from '../errors/sluice-error.ts';

/** A record batch whose bytes are not what they must be. */
export function batchCorrupt(baseOffset: bigint, why: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'RECORD_BATCH_CORRUPT',
    `The record batch at offset ${String(baseOffset)} is damaged: ${why}.`,
    {
      remedy: "Check the disks of the partition's brokers; another replica may hold the batch whole.",
      details: { offset: String(baseOffset) },
      cause,
    },
  );
}
