/**
 * One reading of one server: the columns of tables/server_health.yaml. A figure that cannot be read here, or not yet,
 * is left out. Sizes are bytes, rates bytes a second, shares percent.
 */
export interface HealthRecord {
  readonly host: string;
  /** ISO 8601, UTC, milliseconds: the moment of the reading. */
  readonly event_time: string;
  readonly simulated: boolean;
  readonly cores?: number | undefined;
  readonly uptime_s?: number | undefined;
  readonly cpu_pct?: number | undefined;
  readonly cpu_user_pct?: number | undefined;
  readonly cpu_system_pct?: number | undefined;
  readonly cpu_iowait_pct?: number | undefined;
  readonly cpu_steal_pct?: number | undefined;
  readonly load_1?: number | undefined;
  readonly load_5?: number | undefined;
  readonly load_15?: number | undefined;
  readonly memory_total_bytes?: number | undefined;
  readonly memory_available_bytes?: number | undefined;
  readonly memory_pct?: number | undefined;
  readonly swap_total_bytes?: number | undefined;
  readonly swap_used_bytes?: number | undefined;
  readonly disk_mount?: string | undefined;
  readonly disk_total_bytes?: number | undefined;
  readonly disk_used_bytes?: number | undefined;
  readonly disk_pct?: number | undefined;
  readonly disk_read_bytes_per_s?: number | undefined;
  readonly disk_write_bytes_per_s?: number | undefined;
  readonly disk_busy_pct?: number | undefined;
  readonly network_receive_bytes_per_s?: number | undefined;
  readonly network_transmit_bytes_per_s?: number | undefined;
  readonly processes_running?: number | undefined;
  readonly processes_blocked?: number | undefined;
  readonly processes_total?: number | undefined;
  readonly pressure_cpu_pct?: number | undefined;
  readonly pressure_memory_pct?: number | undefined;
  readonly pressure_io_pct?: number | undefined;
}

/** A record on its way: Kafka's key, value and timestamp. */
export interface Outgoing {
  readonly key: string;
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
}

/** Two decimals are more than any of these figures means; absent figures take no room at all. */
export function outgoing(record: HealthRecord): Outgoing {
  const value = JSON.stringify(record, (_, field: unknown) =>
    typeof field === 'number' ? Math.round(field * 100) / 100 : field,
  );
  return { key: record.host, value, timestampMs: Date.parse(record.event_time) };
}
