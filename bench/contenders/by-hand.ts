import type { Contender } from './contender.ts';
import { checkOutput } from './output.ts';
import { runScript } from './script.ts';

/** What one writes by hand in TypeScript: kafkajs, JSON.parse, and a Parquet writer in JavaScript. */
export const BY_HAND: Contender = {
  name: 'kafkajs',
  async run({ settings, definition, topic, records, partitions }, folder) {
    const { brokers } = settings.kafka;
    const ran = await runScript('by-hand-script.ts', { brokers, topic, records, partitions, definition, folder });
    const told = '(kafka_partition, kafka_offset)';
    return { contender: 'kafkajs', ...ran, ...(await checkOutput(folder, records, undefined, told)) };
  },
};
