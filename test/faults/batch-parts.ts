import { describe, expect, it } from 'vitest';
import { healthRecord } from '../health-records.ts';
import type { TableUnderLoad } from './table-under-load.ts';

const SHARDS = 4;
/** So few that what waits takes several parts, and several batches of them. */
const MAX_ROWS = 500;
const PARTITIONS = 3;
const RECORDS_A_PARTITION = 2_000;
/** Beyond those of the load. */
const FIRST_MARK = 10_000_000;
const STRIKE_LIMIT_MS = 90_000;

/** More waits than one part may hold, so that batches are divided among whoever is there. */
export function testParts(table: () => TableUnderLoad): void {
  describe('a batch in parts', () => {
    it('a worker dies after it has written one, and others go on with the rest', async () => {
      await table().load.stop();
      table().redefine(/max_rows: \d+/, `max_rows: ${MAX_ROWS}\n  shards: ${SHARDS}`);
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const records = Array.from({ length: RECORDS_A_PARTITION }, (_, index) =>
          healthRecord(FIRST_MARK + partition * RECORDS_A_PARTITION + index, index % 20 === 0),
        );
        await table().writer.write(partition, records);
      }
      const dying = table().runFaulty('worker', 'write:after:crash');
      await dying.struck(STRIKE_LIMIT_MS);
      await dying.ended(5_000);
      await Promise.all([table().run('worker'), table().run('worker')]);
      await table().judge();
      const parts = Map.groupBy(await table().manifests(), (path) => path.slice(0, path.lastIndexOf('-')));
      expect([...parts.values()].filter(({ length }) => length === SHARDS).length).toBeGreaterThan(0);
    });
  });
}
