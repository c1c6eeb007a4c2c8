import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '../errors/codes.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import type { Storage } from './storage/storage.ts';

const FOLDER = '_sluice/actions';
const DAY_MS = 86_400_000;
/** Time to write an action down before it is done all the same. */
export const RECORD_WITHIN_MS = 5_000;
/** How far back actions are looked for. */
export const LISTED_DAYS = 30;

/** What somebody asked for. */
export interface ActionRequest {
  /** What is to be done, by its name in the API. */
  readonly action: string;
  readonly table: string;
  /** Who asks, as they name themselves: one token, or one account, may be several people's. */
  readonly by: string;
  readonly via: 'dashboard' | 'cli';
  /** What else was asked for. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** One line of the record: what was asked for, and how it ended. */
export interface RecordedAction extends ActionRequest {
  readonly id: string;
  readonly askedAtMs: number;
  /** null where it is under way, or whoever did it died. */
  readonly end: ActionEnd | null;
}

export interface ActionEnd {
  readonly endedAtMs: number;
  /** `refused`: it was not to be done as things stood. `failed`: it may have been done in part, or not at all. */
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Why it was refused or failed; empty where it was done. */
  readonly message: string;
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USAGE',
  'BACKFILL_REFUSED',
  'OFFSET_EXPIRED',
  'DEFINITION_INCOMPATIBLE',
  'TOPIC_RECREATED',
]);

/** Whether an action was not to be done as things stood, so that nothing of it was. */
export function isRefusal(code: ErrorCode): boolean {
  return REFUSALS.has(code);
}

/**
 * Who did what, and when: two objects in the lake for each action, one before it and one after it. They are created,
 * and never changed or deleted.
 */
export class ActionLog {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /**
   * Does it, and writes down that it was asked for and how it ended. Where the lake is out of reach it is done all
   * the same: who must pause an ingestion because its disk is full, can. Temporal's history has it too.
   */
  async record<T>(request: ActionRequest, run: () => Promise<T>): Promise<{ id: string | null; result: T }> {
    const askedAtMs = Date.now();
    const id = `${stampOf(askedAtMs)}-${randomUUID().slice(0, 8)}`;
    const recorded = await this.#write(`${id}.asked.json`, { version: 1, id, askedAtMs, ...request });
    const end = (outcome: ActionEnd['outcome'], message: string): Promise<boolean> => {
      const ended: ActionEnd = { endedAtMs: Date.now(), outcome, message };
      return this.#write(`${id}.ended.json`, { version: 1, id, ...ended });
    };
    try {
      const result = await run();
      await end('done', '');
      return { id: recorded ? id : null, result };
    } catch (thrown) {
      const { code, message } = asSluiceError(thrown);
      await end(isRefusal(code) ? 'refused' : 'failed', message);
      throw thrown;
    }
  }

  /** The newest actions of the last 30 days, newest first. */
  async list(limit: number): Promise<RecordedAction[]> {
    const oldest = `${FOLDER}/${dayOf(Date.now() - LISTED_DAYS * DAY_MS)}`;
    const paths: string[] = [];
    for await (const { path } of this.#storage.list(FOLDER, { deep: true, after: oldest })) paths.push(path);
    const known = new Set(paths);
    const newest = paths.filter((path) => path.endsWith('.asked.json')).slice(-limit);
    const actions = newest.reverse().map(async (path): Promise<RecordedAction> => {
      const endPath = path.replace(/asked\.json$/, 'ended.json');
      const end = known.has(endPath) ? ((await this.#read(endPath)) as ActionEnd) : null;
      const asked = (await this.#read(path)) as Omit<RecordedAction, 'end'>;
      return { ...asked, end };
    });
    return Promise.all(actions);
  }

  async #read(path: string): Promise<unknown> {
    return JSON.parse((await this.#storage.read(path))?.toString() ?? 'null');
  }

  async #write(name: string, content: unknown): Promise<boolean> {
    const path = `${FOLDER}/${name.slice(0, DAY_LENGTH)}/${name}`;
    const written = this.#storage.createIfAbsent(path, Buffer.from(JSON.stringify(content))).catch(() => false);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), RECORD_WITHIN_MS);
    });
    return Promise.race([written, late]).finally(() => {
      clearTimeout(timer);
    });
  }
}

const DAY_LENGTH = '20260101'.length;

function dayOf(ms: number): string {
  return stampOf(ms).slice(0, DAY_LENGTH);
}

/** Sorts as its moment does, and is a name in every storage: 20260101T120000123Z */
function stampOf(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:.]/g, '');
}
