import type { KafkaCluster } from './cluster.ts';
import type { OffsetRange } from './offset-range.ts';
import { readRange } from './range-reader.ts';

/** Bytes that one look fetches; a single larger record batch still arrives whole. */
const SAMPLE_BYTES = 256 * 1024;

/** Mean size of the first records of a range, in bytes as they are fetched; undefined where it has none. */
export async function sampleRecordSize(
  cluster: KafkaCluster,
  topicId: string,
  range: OffsetRange,
  signal: AbortSignal,
): Promise<number | undefined> {
  for await (const chunk of readRange(cluster, topicId, range, { signal, fetchMaxBytes: SAMPLE_BYTES })) {
    if (chunk.rowCount > 0) return Math.ceil(chunk.sizeBytes / chunk.rowCount);
  }
  return undefined;
}
