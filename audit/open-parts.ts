import { SYSTEM_CLOCK } from '../clock/clock.ts';
import { DuckDbEngine } from '../engines/duckdb/duckdb-engine.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Settings } from '../settings/settings.ts';
import type { AuditParts } from './audit-parts.ts';

/** Lends what an audit works with: connections and an engine of its own, so that it takes nothing from ingestion's. */
export async function withAuditParts<T>(settings: Settings, use: (parts: AuditParts) => Promise<T>): Promise<T> {
  const cluster = new KafkaCluster(settings.kafka, 'sluice-audit');
  const metastore = new HiveMetastore(settings.metastore);
  const engine = new DuckDbEngine(cluster);
  try {
    return await use({ storage: openStorage(settings), cluster, engine, metastore, clock: SYSTEM_CLOCK });
  } finally {
    await engine.close();
    metastore.close();
    await cluster.close();
  }
}
