import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sluice } from '../cli/command.ts';
import { healthRecord } from '../health-records.ts';
import { TABLE, waitUntilCommitted } from '../table-check.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { TopicWriter } from '../topic-writer.ts';
import { waitFor } from '../wait-for.ts';
import { sparkSql } from './spark-sql/spark-sql.ts';

const TOPIC = 'server-health';
const RECORDS = 3_000;
const BAD_EVERY = 50;

/** A table that has not been published yet; anything else is a failure. */
function notYet(thrown: unknown): [] {
  if (String(thrown).includes('TABLE_OR_VIEW_NOT_FOUND')) return [];
  throw thrown;
}

describe('a lake in HDFS, read by Spark SQL through Hive', () => {
  let test: TestStack;
  let writer: TopicWriter;

  beforeAll(async () => {
    test = await startTestStack({ own: ['worker', 'background'], environment: { SLUICE_LAKE: 'hdfs:///lake' } });
    writer = await TopicWriter.open(test.settings.kafka.brokers, TOPIC);
  });

  afterAll(async () => {
    await writer.close();
    await test.stop();
  });

  it('has each row once, before and after a compaction', async () => {
    await writer.write(
      0,
      Array.from({ length: RECORDS }, (_, index) => healthRecord(index + 1, index % BAD_EVERY === 0)),
    );
    await waitUntilCommitted(test.settings, writer.written, 120_000);
    const marks = [...writer.written.values()].flatMap(({ rejectedFor, mark }) =>
      rejectedFor === undefined ? [mark] : [],
    );
    const rows = marks.length;
    const expected = { rows, positions: rows, marks: marks.reduce((sum, mark) => sum + mark, 0), elsewhere: 0 };
    const expectAll = async (): Promise<void> => {
      const query = `select count(*) as rows, count(distinct kafka_partition, kafka_offset) as positions, sum(load_1) as marks,
        count_if(file not like '${test.settings.lakeUri}/%') as elsewhere
        from (select *, input_file_name() as file from health.${TABLE})`;
      const found = await waitFor('Spark SQL to see every row', 180_000, async () => {
        const [row] = await sparkSql(test.settings, query).catch(notYet);
        return (row as typeof expected | undefined)?.rows === rows ? row : undefined;
      });
      expect(found).toEqual(expected);
    };
    await expectAll();
    const compacted = await sluice(test.environment, ['compact', TABLE, '--json']);
    expect(compacted).toMatchObject({ exitCode: 0, errors: '' });
    await expectAll();
  });
});
