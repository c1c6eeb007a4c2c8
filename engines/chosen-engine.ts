import type { EngineName } from '../definition/table-definition.ts';
import type { BatchRequest, BatchResult, Engine } from './engine.ts';

/** Gives each batch to the engine that its plan names. An engine is opened when the first batch asks for it. */
export class ChosenEngine implements Engine {
  readonly #open: Readonly<Record<EngineName, () => Promise<Engine>>>;
  readonly #opened = new Map<EngineName, Promise<Engine>>();

  constructor(open: Readonly<Record<EngineName, () => Promise<Engine>>>) {
    this.#open = open;
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    const engine = await this.#engine(request.plan.engine);
    return engine.write(request);
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#opened.values());
    for (const engine of opened) if (engine.status === 'fulfilled') await engine.value.close();
  }

  /** One that could not be opened is tried again with the next batch. */
  #engine(name: EngineName): Promise<Engine> {
    const opened = this.#opened.get(name);
    if (opened !== undefined) return opened;
    const opening = this.#open[name]();
    this.#opened.set(name, opening);
    opening.catch(() => this.#opened.delete(name));
    return opening;
  }
}
