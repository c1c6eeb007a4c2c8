import type { HealthFollower } from './health-follower.ts';
import { POLL_EVERY_MS, RETRY_AFTER_MS, type TableFollower } from './table-follower.ts';

/** How often what is too old is forgotten. */
export const TRIM_EVERY_MS = 10_000;

/** Looks at each table's log in turn, again and again, and hands the health table's commits on. */
export class FollowLoop {
  readonly #tables: readonly TableFollower[];
  readonly #health: HealthFollower;
  readonly #opened = new Set<TableFollower>();
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #trimmedAtMs = new Map<TableFollower, number>();

  constructor(tables: readonly TableFollower[], health: HealthFollower) {
    this.#tables = tables;
    this.#health = health;
  }

  start(): void {
    this.#running = this.#round();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.#health.stop();
  }

  async #round(): Promise<void> {
    const startedAt = performance.now();
    for (const table of this.#tables) await table.guard(() => this.#follow(table));
    if (this.#stopped) return;
    const failed = this.#tables.some(({ problem }) => problem !== undefined);
    const pauseMs = failed ? RETRY_AFTER_MS : Math.max(0, POLL_EVERY_MS - (performance.now() - startedAt));
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, pauseMs);
  }

  async #follow(table: TableFollower): Promise<void> {
    const isHealth = table.definition.table === this.#health.tableName;
    if (!this.#opened.has(table)) {
      if (!(await table.open(Date.now()))) return;
      this.#opened.add(table);
    }
    if (isHealth && this.#health.state === 'waiting') await this.#health.start(Date.now());
    const commits = await table.poll();
    if (isHealth) await this.#health.take(commits);
    await table.countRejected();
    await table.audits.look(Date.now());
    this.#trim(table, isHealth);
  }

  #trim(table: TableFollower, isHealth: boolean): void {
    if (Date.now() - (this.#trimmedAtMs.get(table) ?? 0) < TRIM_EVERY_MS) return;
    this.#trimmedAtMs.set(table, Date.now());
    table.trim(Date.now());
    if (isHealth) this.#health.trim();
  }
}
