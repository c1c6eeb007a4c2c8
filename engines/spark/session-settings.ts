/** What a session goes by: times in UTC and as Parquet's INT64 micros, a bad cast as NULL only where it is asked for. */
export const SESSION_SETTINGS = {
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
  'spark.sql.parquet.datetimeRebaseModeInWrite': 'CORRECTED',
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.adaptive.enabled': 'false',
  // Tasks that write few partitions need not sort for it.
  'spark.sql.maxConcurrentOutputFileWriters': '8',
  // As often as activities heartbeat.
  'spark.connect.progress.reportInterval': '1s',
} as const;
