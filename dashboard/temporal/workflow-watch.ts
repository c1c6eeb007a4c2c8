import { asSluiceError } from '../../errors/sluice-error.ts';
import type { IngestStatus } from '../../workflows/ingest-protocol.ts';

export const WORKFLOWS_EVERY_MS = 3_000;
/** An answer older than this says nothing of now. */
export const WORKFLOWS_VALID_MS = 10_000;

/** A workflow of Sluice's that is running. */
export interface RunningWorkflow {
  readonly workflowId: string;
  readonly type: string;
  readonly table: string | null;
  /** What its search attribute says: one word, null before it has said anything. */
  readonly state: string | null;
  readonly startedAtMs: number;
}

/** Who knows what Temporal is running; TemporalWorkflows. */
export interface WorkflowSource {
  running(): Promise<readonly RunningWorkflow[]>;
  /** What a table's ingestion says of itself; null where no worker answers for it. */
  ingestStatus(table: string): Promise<IngestStatus | null>;
  close(): Promise<void>;
}

export interface SeenWorkflows {
  readonly askedAtMs: number;
  readonly running: readonly RunningWorkflow[];
  /** By table; null where the workflow runs, and no worker answers for it. */
  readonly ingest: ReadonlyMap<string, IngestStatus | null>;
}

/** Asks Temporal again and again what it runs. Temporal being away is something to say, not an error. */
export class WorkflowWatch {
  #seen: SeenWorkflows | undefined;
  #problem = 'Temporal has not been asked yet.';
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #source: WorkflowSource;
  readonly #tables: readonly string[];

  constructor(source: WorkflowSource, tables: readonly string[]) {
    this.#source = source;
    this.#tables = tables;
  }

  start(): void {
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The newest answer, or why there is none that still counts. */
  at(nowMs: number): { readonly seen: SeenWorkflows } | { readonly problem: string } {
    const seen = this.#seen;
    return seen !== undefined && nowMs - seen.askedAtMs <= WORKFLOWS_VALID_MS ? { seen } : { problem: this.#problem };
  }

  async #ask(): Promise<void> {
    const askedAtMs = Date.now();
    try {
      const running = await this.#source.running();
      const ingested = this.#tables.filter((table) => running.some((workflow) => isIngestOf(workflow, table)));
      const statuses = ingested.map(
        async (table) => [table, await this.#source.ingestStatus(table).catch(() => null)] as const,
      );
      this.#seen = { askedAtMs, running, ingest: new Map(await Promise.all(statuses)) };
    } catch (thrown) {
      this.#problem = asSluiceError(thrown).message;
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#ask(), WORKFLOWS_EVERY_MS);
  }
}

export function isIngestOf({ workflowId }: RunningWorkflow, table: string): boolean {
  return workflowId === `ingest/${table}`;
}
