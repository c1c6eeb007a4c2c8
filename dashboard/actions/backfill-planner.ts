import { proposeBackfill, type Proposal } from '../../backfill/propose-backfill.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import { loadDefinition } from '../../definition/load.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { sampleRecordSize } from '../../kafka/record-size.ts';
import type { TableLog } from '../../lake/log/table-log.ts';
import { rejectedRuns } from '../../lake/rejected-runs.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { UNITS_AT_ONCE } from '../../plans/backfill-planning.ts';
import type { PlannedRange } from '../../plans/batch.ts';
import { rejectedTable } from '../../plans/table-shape.ts';
import type { Settings } from '../../settings/settings.ts';
import type { OutlookReport } from '../api/backfill-wire.ts';
import type { BackfillRequest } from '../backfill-request.ts';

/** Longest that the brokers are waited for: an answer of the API may take 20 s. */
export const PLAN_WITHIN_MS = 12_000;

/** Plans backfills that read the topic, from what table and Kafka say at the time. Changes nothing. */
export class BackfillPlanner {
  readonly #storage: Storage;
  readonly #settings: Pick<Settings, 'kafka' | 'tablesFolder'>;

  constructor(storage: Storage, settings: Pick<Settings, 'kafka' | 'tablesFolder'>) {
    this.#storage = storage;
    this.#settings = settings;
  }

  /** @throws SluiceError as proposeBackfill does */
  async propose(table: string, by: string, { scope, fromMs, toMs }: BackfillRequest): Promise<Proposal> {
    const { kafka, tablesFolder } = this.#settings;
    const definition = loadDefinition(tablesFolder, table);
    const input = {
      definition,
      ...{ scope, by, unitsAtOnce: UNITS_AT_ONCE, maxRowsPerSecond: null },
      ...(fromMs === undefined ? {} : { from: { timeMs: fromMs } }),
      ...(toMs === undefined ? {} : { to: { timeMs: toMs } }),
    };
    const cluster = new KafkaCluster(kafka, 'sluice-dashboard');
    const parts = {
      ...{ storage: this.#storage, cluster, clock: SYSTEM_CLOCK },
      rejectedRuns: (rejected: TableLog) => rejectedRuns(this.#storage, rejected, rejectedTable(definition).path),
      recordSizeBytes: (topicId: string, { partition, startOffset, endOffset }: PlannedRange, signal: AbortSignal) => {
        const range = { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) };
        return sampleRecordSize(cluster, topicId, range, signal);
      },
    };
    try {
      return await proposeBackfill(parts, input, AbortSignal.timeout(PLAN_WITHIN_MS));
    } finally {
      await cluster.close();
    }
  }

  async outlook(table: string, request: BackfillRequest): Promise<OutlookReport> {
    const { plan, outlook } = await this.propose(table, 'nobody', request);
    const { scope, topic, definitionHash } = plan;
    return { table, scope, topic, definitionHash, ...outlook };
  }
}
