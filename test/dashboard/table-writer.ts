import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { loadDefinition } from '../../definition/load.ts';
import { commitBatch } from '../../lake/commit-batch.ts';
import { ensureTable } from '../../lake/ensure-table.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import type { DataFile } from '../../plans/batch.ts';
import { mainTable, rejectedTable } from '../../plans/table-shape.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import { readSettings } from '../../settings/settings.ts';

const TABLES = new URL('../../tables', import.meta.url).pathname;
const PARTITIONS = 3;

/** Figures of one server that a test wants to be as given; the others are made up, the same for the same second. */
export type Figures = Readonly<Record<string, number | string | boolean | null>>;

export interface Seconds {
  readonly fromMs: number;
  readonly toMs: number;
  /** @default 1000 */
  readonly stepMs?: number;
}

/** A record for the rejected table; its bytes as hexadecimal digits. */
export interface RejectedRow {
  readonly reason: string;
  readonly detail: string;
  readonly valueHex: string;
}

export interface WriteOptions {
  /** Hosts that send nothing. */
  readonly without?: readonly string[];
  readonly figures?: Readonly<Record<string, Figures>>;
  readonly rejected?: readonly RejectedRow[];
  readonly published?: readonly { readonly version: number; readonly atMs: number }[];
}

/** A real health table on disk: real log, real storage, Parquet written by DuckDB, without Kafka. */
export class TableWriter {
  readonly definition = loadDefinition(TABLES, 'server_health');
  readonly log: TableLog;
  readonly #rejectedLog: TableLog;
  readonly #storage: Storage;
  readonly #connection: DuckDBConnection;
  readonly #hosts: number;
  #sequence = 0;
  #offset = 0;

  private constructor(lakeUri: string, hosts: number, connection: DuckDBConnection) {
    this.#storage = openStorage(readSettings({ SLUICE_LAKE: lakeUri }));
    this.log = new TableLog(this.#storage, mainTable(this.definition).path);
    this.#rejectedLog = new TableLog(this.#storage, rejectedTable(this.definition).path);
    this.#hosts = hosts;
    this.#connection = connection;
  }

  static async open(lakeUri: string, hosts: number): Promise<TableWriter> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    return new TableWriter(lakeUri, hosts, await instance.connect());
  }

  host(index: number): string {
    return `web-${String(index + 1).padStart(4, '0')}`;
  }

  /** Commits one batch: every host, once a step. Returns the version. */
  async write(seconds: Seconds, options: WriteOptions = {}): Promise<number> {
    const source = { topic: this.definition.source.topic, topicId: '00000000-0000-0000-0000-000000000001' };
    await ensureTable(this.log, mainTable(this.definition), source);
    await ensureTable(this.#rejectedLog, rejectedTable(this.definition), source);
    this.#sequence += 1;
    const batch = { sequence: this.#sequence, revision: 0, shard: 0 };
    return this.#storage.withScratchFolder(async (folder) => {
      const localPath = join(folder, 'rows.parquet');
      const path = batchFilePath(batch, randomUUID().slice(0, 8), 0);
      const rows = await this.#copy(localPath, seconds, options);
      this.#offset += rows;
      const { size } = await stat(localPath);
      await this.#storage.addFiles([{ localPath, path: `${mainTable(this.definition).path}/${path}` }]);
      const [dt = '', rest = ''] = new Date(seconds.fromMs).toISOString().split('T');
      const stats = JSON.stringify({
        numRecords: rows,
        minValues: { event_time: new Date(seconds.fromMs).toISOString() },
        maxValues: { event_time: new Date(seconds.toMs).toISOString() },
        nullCount: {},
      });
      const partitionValues = { dt, hour: String(Number(rest.slice(0, 2))) };
      const nextOffsets = Object.fromEntries([0, 1, 2].map((partition) => [String(partition), String(this.#offset)]));
      const rejected = options.rejected ?? [];
      const rejectedFiles = rejected.length === 0 ? [] : [await this.#addRejected(folder, batch, rejected, dt)];
      await commitBatch(
        this.log,
        this.#rejectedLog,
        {
          ...batch,
          format: 1,
          attempt: 'test',
          sealedAtMs: Date.now(),
          topic: source.topic,
          files: [{ path, partitionValues, sizeBytes: size, rows, stats }],
          rejectedFiles,
          rows,
          rejectedRows: rejected.length,
          unknownFields: {},
          nextOffsets,
        },
        options.published ?? [],
      );
      await this.log.checkpointIfDue();
      return this.log.snapshot.version;
    });
  }

  close(): void {
    this.#connection.closeSync();
  }

  async #addRejected(
    folder: string,
    batch: Parameters<typeof batchFilePath>[0],
    records: readonly RejectedRow[],
    dt: string,
  ): Promise<DataFile> {
    const localPath = join(folder, 'rejected.parquet');
    const path = batchFilePath(batch, randomUUID().slice(0, 8), 1);
    const { topic } = this.definition.source;
    const rows = records.map(
      ({ reason, detail, valueHex }, index) =>
        `('${topic}', 0, ${this.#offset + index}::BIGINT, now(), NULL::BLOB, unhex('${valueHex}'), '${reason}', '${detail}')`,
    );
    this.#offset += records.length;
    await this.#connection.run(`COPY (SELECT * FROM (VALUES ${rows.join(', ')}) r(kafka_topic, kafka_partition,
      kafka_offset, kafka_timestamp, record_key, record_value, reason, detail)) TO '${localPath}' (FORMAT parquet)`);
    const { size } = await stat(localPath);
    await this.#storage.addFiles([{ localPath, path: `${rejectedTable(this.definition).path}/${path}` }]);
    const now = new Date().toISOString();
    const bounds = { kafka_timestamp: now };
    const stats = JSON.stringify({ numRecords: records.length, minValues: bounds, maxValues: bounds, nullCount: {} });
    return { path, partitionValues: { dt }, sizeBytes: size, rows: records.length, stats };
  }

  async #copy(file: string, { fromMs, toMs, stepMs = 1000 }: Seconds, options: WriteOptions): Promise<number> {
    const without = (options.without ?? []).map((host) => `'${host}'`).join(', ') || "''";
    const columns = this.definition.columns.map(({ name, type }) => {
      const forced = Object.entries(options.figures ?? {}).filter(([, figures]) => name in figures);
      const cases = forced.map(([host, figures]) => `WHEN host = '${host}' THEN ${literal(figures[name] ?? null)}`);
      const usual = type === 'double' ? `round(${USUAL[name] ?? 'NULL'}, 2)` : (USUAL[name] ?? 'NULL');
      const value = cases.length === 0 ? usual : `CASE ${cases.join(' ')} ELSE ${usual} END`;
      return `(${value})::${SQL_TYPES[type]} AS "${name}"`;
    });
    const result = await this.#connection.run(`COPY (
      SELECT ${columns.join(', ')}, (n % ${PARTITIONS})::INTEGER AS kafka_partition,
        (${this.#offset} + n)::BIGINT AS kafka_offset, (event_time + INTERVAL 100 MILLISECOND)::TIMESTAMPTZ AS kafka_timestamp
      FROM (SELECT n, 'web-' || lpad((n + 1)::VARCHAR, 4, '0') AS host, make_timestamptz(ms * 1000) AS event_time, ms / 1000.0 AS t
        FROM range(${this.#hosts}) h(n), range(${fromMs}::BIGINT, ${toMs}::BIGINT + 1, ${stepMs}) s(ms))
      WHERE host NOT IN (${without})
    ) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
    return result.rowsChanged;
  }
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMPTZ',
  date: 'DATE',
};

const GIB = 1024 ** 3;

/** Plausible figures that differ from server to server and from second to second; `n` is the server, `t` the second. */
const USUAL: Readonly<Record<string, string>> = {
  host: 'host',
  event_time: 'event_time',
  simulated: 'true',
  cores: '8',
  uptime_s: '86400 * (n % 90 + 3) + t::BIGINT % 86400',
  cpu_pct: '24 + 16 * sin(t / 97 + n) + 8 * sin(t / 11 + 3 * n) + n % 17',
  cpu_user_pct: '0.62 * (24 + 16 * sin(t / 97 + n) + 8 * sin(t / 11 + 3 * n) + n % 17)',
  cpu_system_pct: '0.26 * (24 + 16 * sin(t / 97 + n) + 8 * sin(t / 11 + 3 * n) + n % 17)',
  cpu_iowait_pct: '2 + 1.5 * sin(t / 31 + n)',
  cpu_steal_pct: '0.4 + 0.3 * sin(t / 53 + n)',
  load_1: '3 + 2 * sin(t / 60 + n)',
  load_5: '3 + 1.4 * sin(t / 200 + n)',
  load_15: '3 + 0.8 * sin(t / 600 + n)',
  memory_total_bytes: `${64 * GIB}`,
  memory_available_bytes: `${64 * GIB} * (0.5 - 0.2 * sin(t / 900 + n))`,
  memory_pct: '50 + 20 * sin(t / 900 + n)',
  swap_total_bytes: `${8 * GIB}`,
  swap_used_bytes: `${0.3 * GIB}`,
  disk_mount: "CASE WHEN n % 3 = 0 THEN '/var' ELSE '/' END",
  disk_total_bytes: `${500 * GIB}`,
  disk_used_bytes: `${500 * GIB} * (0.3 + (n % 40) / 100.0)`,
  disk_pct: '30 + n % 40',
  disk_read_bytes_per_s: '2e6 + 1.5e6 * sin(t / 7 + n)',
  disk_write_bytes_per_s: '8e6 + 6e6 * sin(t / 13 + n)',
  disk_busy_pct: '9 + 7 * sin(t / 17 + n)',
  network_receive_bytes_per_s: '24e6 + 18e6 * sin(t / 41 + n)',
  network_transmit_bytes_per_s: '12e6 + 9e6 * sin(t / 29 + n)',
  processes_running: '2 + n % 3',
  processes_blocked: '0',
  processes_total: '240 + n % 50',
  pressure_cpu_pct: '4 + 3 * sin(t / 23 + n)',
  pressure_memory_pct: '0.2',
  pressure_io_pct: '2 + 1.6 * sin(t / 37 + n)',
};

function literal(value: number | string | boolean | null): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
