import { readFileSync } from 'node:fs';

const LIMITS = `
partition_by: hour
limits:
  max_rows: 1000000
  max_bytes: 64MiB
`;

export const NARROW_TABLE = `table: bench_narrow
database: bench
source:
  topic: bench-narrow
columns:
  - { name: host, type: string, required: true }
  - { name: ts, type: timestamp, required: true }
  - { name: cpu_pct, type: double }
  - { name: mem_pct, type: double }
  - { name: load1, type: double }
  - { name: disk_pct, type: double }
  - { name: net_rx, type: bigint }
  - { name: net_tx, type: bigint }
  - { name: status, type: string }
event_time:
  column: ts
${LIMITS}`;

/** The table that Sluice comes with, under another name. */
export const WIDE_TABLE = readFileSync(new URL('../../tables/server_health.yaml', import.meta.url), 'utf8')
  .replace('table: server_health', 'table: bench_wide')
  .replace('database: health', 'database: bench')
  .replace('topic: server-health', 'topic: bench-wide');
