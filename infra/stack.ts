import { join } from 'node:path';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';
import { AfterCrash } from './after-crash.ts';
import { requireAll } from './check.ts';
import type { Component, Progress, Task } from './component.ts';
import { examine } from './examination.ts';
import { PathLock } from './path-lock.ts';
import { openHome } from './home.ts';
import { stopLeftovers } from './leftovers.ts';
import { RunningComponent } from './running-component.ts';
import { addressesOf, isComponent, stackParts, type StackSelection } from './stack-parts.ts';
import { type StackAddresses, StackRecord, SUPERVISOR, type SupervisorRecord } from './stack-record.ts';

/** For a process that cleans up after a crash to be done. */
const LOCK_LIMIT_MS = 15_000;

export interface StackOptions extends StackSelection {
  readonly progress: Progress;
  /** Ends the start early: what has been started is stopped, and the start fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Everything that runs here: services that are not given, and Sluice's own processes. */
export class Stack {
  readonly addresses: StackAddresses;
  readonly #home: string;
  readonly #parts: readonly (Component | Task)[];
  readonly #running = new Map<string, RunningComponent>();
  readonly #progress: Progress;
  readonly #record: StackRecord;
  readonly #lock: PathLock;
  /** Ends the start, with the first failure or what the caller's signal says as its reason. */
  readonly #ending = new AbortController();
  #starting: readonly Promise<void>[] = [];
  #afterCrash: AfterCrash | undefined;

  private constructor(settings: Settings, options: StackOptions, lock: PathLock) {
    this.#home = settings.home;
    this.#parts = stackParts(settings, options);
    this.#progress = options.progress;
    this.#record = new StackRecord(settings.home);
    this.#lock = lock;
    this.addresses = addressesOf(settings, options);
  }

  /**
   * Starts all of it, or nothing: what a crash left behind is stopped first, and a failure stops what had been started.
   * @throws SluiceError with all that is missing at once: TOOL_MISSING, PORT_BUSY, …; HOME_BUSY; SERVICE_FAILED
   */
  static async start(settings: Settings, options: StackOptions): Promise<Stack> {
    const lock = await takeHome(settings.home);
    try {
      await stopLeftovers(settings.home, options.progress);
      const stack = new Stack(settings, options, lock);
      requireAll(await examine(settings, stack.#parts.filter(isComponent)));
      openHome(settings.home);
      await stack.#startAll(options.signal);
      return stack;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  component(name: string): RunningComponent {
    const found = this.#running.get(name);
    if (found === undefined) throw new SluiceError('USAGE', `The stack runs no component "${name}".`);
    return found;
  }

  /** Stops everything: each part after all that need or use it. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#recordState('stopping');
    const stopped = new Map<string, Promise<void>>();
    for (const { name } of this.#parts.toReversed()) {
      const before = this.#parts
        .filter((part) => reliesOn(part, name))
        .map((part) => stopped.get(part.name) ?? Promise.resolve());
      stopped.set(
        name,
        Promise.all(before).then(() => this.#running.get(name)?.stop()),
      );
    }
    await Promise.all(stopped.values());
    await Promise.allSettled(this.#starting);
    if (this.#running.size > 0) this.#progress('Everything has stopped.');
    this.#running.clear();
    this.#record.remove(SUPERVISOR);
    this.#afterCrash?.dismiss();
    await this.#lock.release();
  }

  /** Ends everything at once, for who has no time: nothing gets to write down what it knows. */
  async kill(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.#running.values()].map((running) => running.end()));
  }

  /** Each part as soon as all that it needs is ready; what it fetches or builds it does not wait with. */
  async #startAll(signal: AbortSignal | undefined): Promise<void> {
    this.#recordState('starting');
    this.#afterCrash = new AfterCrash(this.#home);
    const ended = AbortSignal.any([this.#ending.signal, ...(signal === undefined ? [] : [signal])]);
    const started = new Map<string, Promise<void>>();
    for (const part of this.#parts) {
      const needed = Promise.all(part.needs.map((name) => started.get(name) ?? Promise.resolve()));
      const starting = this.#startPart(part, needed, ended);
      starting.catch((error: unknown) => this.#ending.abort(error));
      started.set(part.name, starting);
    }
    this.#starting = [...started.values()];
    try {
      await Promise.race([Promise.all(this.#starting), rejectedWhen(ended)]);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#recordState('up');
  }

  async #startPart(part: Component | Task, needed: Promise<unknown>, ended: AbortSignal): Promise<void> {
    // A failure of what is needed is met below, or ended this part before that.
    needed.catch(() => undefined);
    if (isComponent(part)) await part.prepare?.(this.#progress, ended);
    await needed;
    ended.throwIfAborted();
    if (!isComponent(part)) return part.run();
    const log = join(this.#home, 'logs', `${part.name}.log`);
    const running = new RunningComponent(part, log, this.#record, this.#progress);
    this.#running.set(part.name, running);
    return running.start();
  }

  #recordState(state: SupervisorRecord['state']): void {
    this.#record.writeSupervisor(join(this.#home, 'logs', 'supervisor.log'), state, this.addresses);
  }
}

/** @throws SluiceError HOME_BUSY */
async function takeHome(home: string): Promise<PathLock> {
  const lock = await PathLock.take(home, LOCK_LIMIT_MS);
  if (lock !== undefined) return lock;
  throw new SluiceError('HOME_BUSY', `Another process runs, starts or stops a stack in ${home}.`, {
    remedy: '`sluice status` shows it and `sluice down` stops it; or set SLUICE_HOME to another folder.',
  });
}

function reliesOn(part: Component | Task, name: string): boolean {
  return part.needs.includes(name) || (isComponent(part) && part.uses?.includes(name) === true);
}

function rejectedWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    // The reason is what was thrown, or what the caller gave: an error either way.
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
