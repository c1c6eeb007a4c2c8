/**
 * The closed list of everything that Sluice can report as gone wrong.
 *
 * `retryable` says whether the same step may succeed later without anybody telling Sluice: then ingestion waits, tries
 * again, and goes on by itself once the cause is gone, be it a broker that is back or a file that has been corrected.
 * A code that is not retryable stops the table until an operator has decided what to do.
 */
export const ERROR_CODES = {
  // What an operator wrote
  DEFINITION_INVALID: { retryable: true },
  DEFINITION_INCOMPATIBLE: { retryable: true },
  SETTINGS_INVALID: { retryable: false },
  TABLE_UNKNOWN: { retryable: true },
  USAGE: { retryable: false },
  INTERRUPTED: { retryable: true },
  ACCESS_DENIED: { retryable: false },
  // Kafka
  KAFKA_UNREACHABLE: { retryable: true },
  KAFKA_AUTHENTICATION: { retryable: true },
  KAFKA_PROTOCOL: { retryable: true },
  TOPIC_UNKNOWN: { retryable: true },
  TOPIC_RECREATED: { retryable: false },
  OFFSETS_MOVED_BACK: { retryable: false },
  OFFSET_EXPIRED: { retryable: false },
  RECORD_BATCH_CORRUPT: { retryable: true },
  RECORD_TOO_LARGE: { retryable: false },
  // The lake
  LAKE_UNREACHABLE: { retryable: true },
  LAKE_NOT_WRITABLE: { retryable: true },
  LAKE_FULL: { retryable: true },
  SCRATCH_UNUSABLE: { retryable: true },
  LOG_CORRUPT: { retryable: false },
  LOG_INCONSISTENT: { retryable: false },
  LOG_MOVED_ON: { retryable: true },
  BATCH_FILE_CORRUPT: { retryable: false },
  COUNT_MISMATCH: { retryable: true },
  LAKE_BUSY: { retryable: true },
  BACKFILL_REFUSED: { retryable: false },
  SOURCE_INCOMPLETE: { retryable: false },
  ENGINE_FAILED: { retryable: true },
  SPARK_UNREACHABLE: { retryable: true },
  LIMIT_EXCEEDED: { retryable: false },
  BATCH_TOO_LARGE: { retryable: true },
  STEP_TIMED_OUT: { retryable: true },
  // Hive
  METASTORE_UNREACHABLE: { retryable: true },
  METASTORE_REFUSED: { retryable: true },
  // The stack
  TEMPORAL_UNREACHABLE: { retryable: true },
  PAYLOAD_UNREADABLE: { retryable: true },
  TOOL_MISSING: { retryable: false },
  PORT_BUSY: { retryable: false },
  HOME_BUSY: { retryable: false },
  HOME_UNUSABLE: { retryable: false },
  SERVICE_FAILED: { retryable: false },
  // A defect of ours: anything that has no code of its own
  INTERNAL: { retryable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
