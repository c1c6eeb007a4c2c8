import { type NamedSource, withSource } from '../../backfill/named-source.ts';
import { keepProposal, proposeBackfill, type Proposal } from '../../backfill/propose-backfill.ts';
import { keepSource, type ProposedSource } from '../../backfill/record-source.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import { loadDefinition } from '../../definition/load.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import type { TableLog } from '../../lake/log/table-log.ts';
import { rejectedRuns } from '../../lake/rejected-runs.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { UNITS_AT_ONCE } from '../../plans/backfill-planning.ts';
import type { BackfillPlan } from '../../plans/backfill.ts';
import { mainTable, rejectedTable } from '../../plans/table-shape.ts';
import type { Settings } from '../../settings/settings.ts';
import type { OutlookReport } from '../api/backfill-wire.ts';
import type { BackfillRequest } from '../backfill-request.ts';
import { broughtPath } from './brought-folder.ts';

/** Longest that a source is waited for: an answer of the API may take 20 s. */
export const PLAN_WITHIN_MS = 12_000;

/** Plans backfills, from what table and source say at the time. */
export class BackfillPlanner {
  readonly #storage: Storage;
  readonly #settings: Pick<Settings, 'kafka' | 'tablesFolder' | 'dashboard'>;

  constructor(storage: Storage, settings: Pick<Settings, 'kafka' | 'tablesFolder' | 'dashboard'>) {
    this.#storage = storage;
    this.#settings = settings;
  }

  /** What a backfill would do; changes nothing. @throws SluiceError as proposeBackfill and withSource do */
  async outlook(table: string, request: BackfillRequest): Promise<OutlookReport> {
    return this.#propose(table, 'nobody', request, ({ plan, outlook }) => {
      const { scope, topic, definitionHash } = plan;
      return Promise.resolve({ table, scope, topic, definitionHash, ...outlook });
    });
  }

  /** Keeps a plan, and an operator's records with it: it then waits for an approval. @throws SluiceError the same */
  async keep(table: string, by: string, request: BackfillRequest): Promise<BackfillPlan> {
    return this.#propose(table, by, request, async (proposal, { localPath }) => {
      const plan = await keepProposal(this.#storage, proposal);
      const { path } = mainTable(proposal.definition);
      if (localPath !== undefined) await keepSource(this.#storage, plan, path, localPath);
      return plan;
    });
  }

  async #propose<T>(
    table: string,
    by: string,
    { scope, source, fromMs, toMs, includesDropped, maxRowsPerSecond }: BackfillRequest,
    use: (proposal: Proposal, source: ProposedSource) => Promise<T>,
  ): Promise<T> {
    const definition = loadDefinition(this.#settings.tablesFolder, table);
    const range = {
      ...(fromMs === undefined ? {} : { from: { timeMs: fromMs } }),
      ...(toMs === undefined ? {} : { to: { timeMs: toMs } }),
    };
    const input = { definition, scope, by, ...range, unitsAtOnce: UNITS_AT_ONCE, maxRowsPerSecond, includesDropped };
    const storage = this.#storage;
    const openCluster = (): KafkaCluster => new KafkaCluster(this.#settings.kafka, 'sluice-dashboard');
    return withSource({ storage, openCluster }, definition, await this.#offered(source), async (opened) => {
      const parts = {
        ...{ storage, clock: SYSTEM_CLOCK, cluster: opened.offsets, recordSizeBytes: opened.recordSizeBytes },
        rejectedRuns: (rejected: TableLog) => rejectedRuns(storage, rejected, rejectedTable(definition).path),
      };
      const asked = { ...input, source: opened.kind };
      return use(await proposeBackfill(parts, asked, AbortSignal.timeout(PLAN_WITHIN_MS)), opened);
    });
  }

  async #offered(source: NamedSource): Promise<NamedSource> {
    if (source.kind !== 'files') return source;
    return { ...source, path: await broughtPath(this.#settings.dashboard.filesFolder, source.path) };
  }
}
