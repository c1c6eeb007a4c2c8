/** A column of the health table that the dashboard reads, and the name that it has in the API. */
export interface HealthColumn {
  readonly column: string;
  readonly name: string;
  /** How it is kept in memory: FLOAT's seven digits are more than a chart shows. */
  readonly type: 'FLOAT' | 'DOUBLE' | 'VARCHAR' | 'BOOLEAN';
}

const column =
  (type: HealthColumn['type']) =>
  (name: string, inApi: string): HealthColumn => ({ column: name, name: inApi, type });
const float = column('FLOAT');
const double = column('DOUBLE');

/** What is drawn over time, and so kept for every row. */
export const CHARTED_COLUMNS: readonly HealthColumn[] = [
  float('cpu_pct', 'cpuPct'),
  float('cpu_user_pct', 'cpuUserPct'),
  float('cpu_system_pct', 'cpuSystemPct'),
  float('cpu_iowait_pct', 'cpuIowaitPct'),
  float('cpu_steal_pct', 'cpuStealPct'),
  float('load_1', 'load1'),
  float('load_5', 'load5'),
  float('load_15', 'load15'),
  float('memory_pct', 'memoryPct'),
  float('swap_used_bytes', 'swapUsedBytes'),
  float('disk_pct', 'diskPct'),
  float('disk_busy_pct', 'diskBusyPct'),
  float('disk_read_bytes_per_s', 'diskReadBytesPerSecond'),
  float('disk_write_bytes_per_s', 'diskWriteBytesPerSecond'),
  float('network_receive_bytes_per_s', 'networkReceiveBytesPerSecond'),
  float('network_transmit_bytes_per_s', 'networkTransmitBytesPerSecond'),
  float('processes_running', 'processesRunning'),
  float('processes_blocked', 'processesBlocked'),
  float('processes_total', 'processesTotal'),
  float('pressure_cpu_pct', 'pressureCpuPct'),
  float('pressure_memory_pct', 'pressureMemoryPct'),
  float('pressure_io_pct', 'pressureIoPct'),
];

/** A host's newest row, as far as the list of servers and their states need it; null where the row does not say. */
export interface LiveRow {
  readonly host: string;
  readonly eventTimeMs: number;
  readonly kafkaPartition: number;
  readonly simulated: boolean | null;
  readonly diskMount: string | null;
  readonly cores: number | null;
  readonly uptimeSeconds: number | null;
  readonly memoryTotalBytes: number | null;
  readonly swapTotalBytes: number | null;
  readonly diskTotalBytes: number | null;
  readonly cpuPct: number | null;
  readonly cpuIowaitPct: number | null;
  readonly load1: number | null;
  readonly memoryPct: number | null;
  readonly swapUsedBytes: number | null;
  readonly diskPct: number | null;
  readonly pressureMemoryPct: number | null;
}

/** What is read of every row for the live page, in LiveRow's names and order. */
export const LIVE_COLUMNS: readonly HealthColumn[] = [
  column('BOOLEAN')('simulated', 'simulated'),
  column('VARCHAR')('disk_mount', 'diskMount'),
  double('cores', 'cores'),
  double('uptime_s', 'uptimeSeconds'),
  double('memory_total_bytes', 'memoryTotalBytes'),
  double('swap_total_bytes', 'swapTotalBytes'),
  double('disk_total_bytes', 'diskTotalBytes'),
  double('cpu_pct', 'cpuPct'),
  double('cpu_iowait_pct', 'cpuIowaitPct'),
  double('load_1', 'load1'),
  double('memory_pct', 'memoryPct'),
  double('swap_used_bytes', 'swapUsedBytes'),
  double('disk_pct', 'diskPct'),
  double('pressure_memory_pct', 'pressureMemoryPct'),
];
