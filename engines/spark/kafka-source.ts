import type { BatchPlan } from '../../plans/batch.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { Relation } from './connect-protocol.ts';
import { loginOptions } from '../../kafka/java-client-login.ts';
import { readSource } from './relations.ts';

/** Longer than a broker takes to come back or another to lead. */
const POLL_TIMEOUT_MS = 60_000;

/**
 * Spark's own Kafka source on exactly the planned ranges (Structured Streaming + Kafka Integration Guide, "Creating a
 * Kafka Source for Batch Queries"). Data that is lost fails the query: by default rows are only missing.
 * @param tasks parts that the ranges are read in, at least one for each
 */
export function kafkaSource(
  plan: BatchPlan,
  { kafka, loginFile }: { readonly kafka: KafkaSettings; readonly loginFile: string | undefined },
  tasks: number,
): Relation {
  const ranges = plan.ranges.filter(({ startOffset, endOffset }) => startOffset !== endOffset);
  const offsets = (of: (range: (typeof ranges)[number]) => string): string =>
    JSON.stringify({
      [plan.topic]: Object.fromEntries(ranges.map((range) => [range.partition, '#'.concat(of(range))])),
    })
      // Numbers of JSON, and exact beyond 2^53.
      .replaceAll(/"#(\d+)"/g, '$1');
  const login = Object.entries(loginOptions(kafka, loginFile)).map(([name, value]) => [`kafka.${name}`, value]);
  return readSource('kafka', {
    ...(Object.fromEntries(login) as Record<string, string>),
    'kafka.bootstrap.servers': kafka.brokers.join(','),
    assign: JSON.stringify({ [plan.topic]: ranges.map(({ partition }) => partition) }),
    startingOffsets: offsets(({ startOffset }) => startOffset),
    endingOffsets: offsets(({ endOffset }) => endOffset),
    failOnDataLoss: 'true',
    minPartitions: String(tasks),
    'kafka.isolation.level': 'read_committed',
    'kafkaConsumer.pollTimeoutMs': String(POLL_TIMEOUT_MS),
  });
}
