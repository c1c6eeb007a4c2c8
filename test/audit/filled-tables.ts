import { onTestFinished } from 'vitest';
import type { Settings } from '../../settings/settings.ts';
import { healthRecord } from '../health-records.ts';
import { AuditedTable, PARTITIONS } from './audited-table.ts';

const RECORDS_PER_PARTITION = 100;
const BAD_EVERY = 20;

type TableOptions = Parameters<typeof AuditedTable.create>[1];

/** Tables for one test each, with as many bad records in each partition. */
export class FilledTables {
  readonly #stack: () => Settings;
  #mark = 0;

  constructor(stack: () => Settings) {
    this.#stack = stack;
  }

  /** Different each time. */
  nextMark(): number {
    this.#mark += 1;
    return this.#mark;
  }

  /** The same number of records to each partition, one in twenty of them bad. */
  async write(table: AuditedTable): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const records = Array.from({ length: RECORDS_PER_PARTITION }, () => {
        const mark = this.nextMark();
        return healthRecord(mark, mark % BAD_EVERY === 1);
      });
      await table.writer.write(partition, records);
    }
  }

  async empty(options?: TableOptions): Promise<AuditedTable> {
    const table = await AuditedTable.create(this.#stack(), options);
    onTestFinished(() => table.close());
    return table;
  }

  /** A table of two batches. */
  async filled(options?: TableOptions): Promise<AuditedTable> {
    const table = await this.empty(options);
    for (let batch = 0; batch < 2; batch += 1) {
      await this.write(table);
      await table.ingest();
    }
    return table;
  }
}
