import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { DAY, type Row } from './row-engine.ts';

const HOUR_MS = 3_600_000;

/** Simulated rows as Parquet files, which DuckDB reads: where each came from, and its hour as its timestamp. */
export class ParquetRows {
  readonly #folder: string;
  readonly #written = new WeakMap<Buffer, string>();
  #files = 0;

  constructor(folder: string) {
    this.#folder = mkdtempSync(join(folder, 'rows-'));
  }

  /** @param bytes of a file as the row engine writes it: each is converted once */
  pathOf(bytes: Buffer): string {
    const path = this.#written.get(bytes) ?? this.write(JSON.parse(bytes.toString()) as Row[]);
    this.#written.set(bytes, path);
    return path;
  }

  write(rows: readonly Row[]): string {
    this.#files += 1;
    const path = join(this.#folder, `${this.#files}.parquet`);
    const columnData = [
      { name: 'kafka_partition', data: rows.map(({ partition }) => partition), type: 'INT32' as const },
      { name: 'kafka_offset', data: rows.map(({ offset }) => BigInt(offset)), type: 'INT64' as const },
      {
        name: 'kafka_timestamp',
        data: rows.map(({ hour }) => new Date(Date.parse(DAY) + hour * HOUR_MS)),
        type: 'TIMESTAMP' as const,
      },
    ];
    writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData })));
    return path;
  }
}
