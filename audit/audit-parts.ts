import type { Clock } from '../clock/clock.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { Engine } from '../engines/engine.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { HiveMetastore } from '../lake/hive/metastore.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { AuditCheck, AuditMode } from '../plans/audit-report.ts';

/** What an audit works with. */
export interface AuditParts {
  readonly storage: Storage;
  readonly cluster: KafkaCluster;
  readonly engine: Engine;
  readonly metastore: HiveMetastore;
  readonly clock: Clock;
}

/** Which offsets are looked at. Without any of these: all that the table has committed. */
export interface AuditScope {
  /** Of this Kafka partition only. */
  readonly partition?: number;
  readonly fromOffset?: bigint;
  /** Exclusive. */
  readonly toOffset?: bigint;
  /** From the first record that Kafka stamped at this time or later, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Only what no certificate vouches for yet. */
  readonly uncertified?: boolean;
}

export interface AuditRequest {
  readonly definition: TableDefinition;
  readonly mode: AuditMode;
  readonly scope: AuditScope;
  /** Mend what can be mended without guessing. */
  readonly repair: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: AuditProgress) => void;
}

/** How far one check has come, in files, offsets or looks. */
export interface AuditProgress {
  readonly check: AuditCheck;
  readonly done: number;
  readonly total: number;
}
