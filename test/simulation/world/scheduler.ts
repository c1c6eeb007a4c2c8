import type { Random } from '../../../collectors/simulation/random.ts';
import type { SimulatedProcess } from './process.ts';
import { Trace } from './trace.ts';

/** How likely each step is to go wrong in each way. */
export interface Odds {
  /** The process ends at the step, before or after its effect. */
  readonly crash: number;
  /** The process stops, before the step's effect or before its answer, and goes on much later. */
  readonly freeze: number;
  /** Nothing happens, and the caller is told so. */
  readonly fail: number;
  /** It happens, and the caller is told that it failed. */
  readonly loseAnswer: number;
  /** The caller is told that it failed, and it happens later, when nobody waits for it any more. */
  readonly landLate: number;
  /** The process that made the last step makes the next one too, where it can. */
  readonly goOn: number;
}

export const CALM: Odds = { crash: 0, freeze: 0, fail: 0, loseAnswer: 0, landLate: 0, goOn: 0.5 };

/** One call to something outside of a process: the unit in which everything is scheduled. */
export interface StepRequest<T> {
  /** For the trace: what is called. */
  readonly label: string;
  /** For the trace: what came of it. */
  readonly outcome?: (value: T) => string;
  /** False for a call that only reads: left out of a short trace. */
  readonly changes: boolean;
  readonly effect: () => T;
  /** What the caller gets where the call fails or its answer is lost. Without it the call cannot fail. */
  readonly failure?: ((how: 'failed' | 'answer lost' | 'timed out') => Error) | undefined;
  /** The request travels by itself: once sent, it may arrive long after the caller has given it up. */
  readonly mayLandLate?: boolean;
}

export interface PendingStep {
  readonly process: SimulatedProcess;
  readonly request: StepRequest<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Timer {
  readonly process: SimulatedProcess;
  readonly dueMs: number;
  /** Does not keep time going: a limit, not a wait. */
  readonly background: boolean;
  readonly fire: () => void;
}

/** A frozen process goes on after at most this many steps of others, or when nothing else can. */
const LONGEST_FREEZE_STEPS = 150;
const LONGEST_SLEEP_OF_A_ZOMBIE_MS = 48 * 3_600_000;
const LONGEST_STEP_MS = 20;

/** Everything that can happen next, and the seeded choice of what does. Steps are taken one at a time. */
export class Scheduler {
  nowMs = Date.UTC(2026, 10, 23, 5);
  stepCount = 0;
  odds: Odds = CALM;
  readonly trace = new Trace(this);
  readonly random: Random;
  /** The first promise that was broken. */
  violation: string | undefined;
  #pending: PendingStep[] = [];
  #timers: Timer[] = [];
  #inFlight: { readonly atStep: number; readonly label: string; readonly effect: () => unknown }[] = [];
  #last: SimulatedProcess | undefined;

  constructor(random: Random) {
    this.random = random;
  }

  /** Notes a broken promise: the run ends with the first. */
  violate(what: string): void {
    if (this.violation !== undefined) return;
    this.violation = what;
    this.trace.add('', `BROKEN: ${what}`);
  }

  submit(step: PendingStep): void {
    this.#pending.push(step);
  }

  addTimer(timer: Timer): void {
    this.#timers.push(timer);
  }

  forget(process: SimulatedProcess): void {
    this.#pending = this.#pending.filter((step) => step.process !== process);
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
  }

  /** Whether a process is about to make a call that begins so. */
  waitsFor(process: SimulatedProcess, label: string): boolean {
    return this.#pending.some((step) => step.process === process && step.request.label.startsWith(label));
  }

  /** What is still under way arrives now, all of it. */
  landAll(): void {
    for (const { effect } of this.#inFlight.splice(0)) effect();
  }

  chance(probability: number): boolean {
    return probability > 0 && this.random.next() < probability;
  }

  /** Takes steps until `until` holds, a promise breaks, or nothing is left to do. */
  async run(until: () => boolean): Promise<void> {
    for (;;) {
      await settled();
      if (this.violation !== undefined || until()) return;
      this.#land();
      const ready = this.#readyProcesses();
      if (ready.length > 0) this.#take(this.#choose(ready));
      else if (!this.#advance()) return;
    }
  }

  #readyProcesses(): SimulatedProcess[] {
    const ready = new Set<SimulatedProcess>();
    for (const { process } of this.#pending) if (!this.#isFrozen(process)) ready.add(process);
    for (const { process, dueMs } of this.#timers) {
      if (dueMs <= this.nowMs && !this.#isFrozen(process)) ready.add(process);
    }
    return [...ready];
  }

  #isFrozen(process: SimulatedProcess): boolean {
    return process.frozenUntilStep > this.stepCount;
  }

  #choose(ready: readonly SimulatedProcess[]): SimulatedProcess {
    if (this.#last !== undefined && ready.includes(this.#last) && this.chance(this.odds.goOn)) return this.#last;
    return this.random.pick(ready);
  }

  #take(process: SimulatedProcess): void {
    this.#last = process;
    this.stepCount += 1;
    this.nowMs += 1 + Math.floor(this.random.next() * LONGEST_STEP_MS);
    const due = this.#timers.find((timer) => timer.process === process && timer.dueMs <= this.nowMs);
    if (due !== undefined) {
      this.#timers.splice(this.#timers.indexOf(due), 1);
      due.fire();
      return;
    }
    const step = this.random.pick(this.#pending.filter((candidate) => candidate.process === process));
    this.#pending.splice(this.#pending.indexOf(step), 1);
    this.#perform(step);
  }

  /** Everyone waits: time goes on to what comes first. */
  #advance(): boolean {
    const [inFlight] = this.#inFlight;
    const awaited = this.#timers.filter(({ background, process }) => !background && !this.#isFrozen(process));
    const dueMs = Math.min(...awaited.map((timer) => timer.dueMs));
    const waiting = [...this.#pending, ...this.#timers.filter(({ background }) => !background)];
    const frozen = waiting.filter(({ process }) => this.#isFrozen(process)).map(({ process }) => process);
    if (Number.isFinite(dueMs)) this.nowMs = Math.max(this.nowMs, dueMs);
    else if (frozen.length > 0) this.#thaw(this.random.pick(frozen));
    else if (inFlight !== undefined) this.stepCount = inFlight.atStep;
    else return false;
    return true;
  }

  #thaw(process: SimulatedProcess): void {
    process.frozenUntilStep = this.stepCount;
  }

  #freeze(process: SimulatedProcess): void {
    const steps = Math.ceil(LONGEST_FREEZE_STEPS ** this.random.next());
    process.frozenUntilStep = this.stepCount + steps;
    if (this.chance(0.3)) this.nowMs += Math.floor(LONGEST_SLEEP_OF_A_ZOMBIE_MS ** this.random.next());
    this.trace.add(process.name, `stops for ${steps} steps`);
  }

  #perform(step: PendingStep): void {
    const { process, request } = step;
    const { odds } = this;
    const faulty = process.mayFail;
    if (faulty && request.changes && this.chance(odds.crash)) this.#crash(step, this.chance(0.5));
    else if (faulty && this.chance(request.changes ? odds.freeze : odds.freeze / 4))
      this.#pause(step, this.chance(0.5));
    else if (faulty && request.failure && this.chance(odds.fail)) this.#fail(step, request.failure);
    else if (faulty && request.failure && request.changes && this.chance(odds.loseAnswer)) {
      this.#loseAnswer(step, request.failure);
    } else if (faulty && request.failure && request.mayLandLate === true && this.chance(odds.landLate)) {
      this.#landLater(step, request.failure);
    } else this.#settle(step, this.#effectOf(step.process.name, request));
  }

  #crash({ process, request }: PendingStep, after: boolean): void {
    if (after) this.#effectOf(process.name, request);
    else this.trace.add(process.name, request.label, 'not done', !request.changes);
    this.trace.add(process.name, 'DIES');
    process.kill();
  }

  #pause(step: PendingStep, after: boolean): void {
    if (!after) {
      this.#pending.push(step);
      this.#freeze(step.process);
      return;
    }
    const result = this.#effectOf(step.process.name, step.request);
    const answer: StepRequest<unknown> = {
      label: `(the answer to: ${step.request.label})`,
      changes: false,
      effect: () => {
        if ('error' in result) throw result.error;
        return result.value;
      },
    };
    this.#pending.push({ ...step, request: answer });
    this.#freeze(step.process);
  }

  #fail(step: PendingStep, failure: NonNullable<StepRequest<unknown>['failure']>): void {
    this.trace.add(step.process.name, step.request.label, 'FAILS', !step.request.changes);
    step.reject(failure('failed'));
  }

  #loseAnswer(step: PendingStep, failure: NonNullable<StepRequest<unknown>['failure']>): void {
    this.#effectOf(step.process.name, step.request);
    this.trace.add(step.process.name, `(the answer to: ${step.request.label})`, 'IS LOST');
    step.reject(failure('answer lost'));
  }

  #landLater(step: PendingStep, failure: NonNullable<StepRequest<unknown>['failure']>): void {
    const atStep = this.stepCount + Math.ceil(LONGEST_FREEZE_STEPS ** this.random.next());
    const { label } = step.request;
    this.trace.add(step.process.name, label, 'TIMES OUT, and is under way still');
    const effect = (): void => void this.#effectOf(`(${step.process.name})`, step.request);
    this.#inFlight.push({ atStep, label, effect });
    this.#inFlight.sort((one, other) => one.atStep - other.atStep);
    step.reject(failure('timed out'));
  }

  #land(): void {
    while (this.#inFlight[0] !== undefined && this.#inFlight[0].atStep <= this.stepCount) {
      this.#inFlight.shift()?.effect();
    }
  }

  #effectOf(name: string, request: StepRequest<unknown>): { readonly value: unknown } | { readonly error: unknown } {
    try {
      const value = request.effect();
      this.trace.add(name, request.label, request.outcome?.(value), !request.changes);
      return { value };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.trace.add(name, request.label, `refused: ${message}`, !request.changes);
      return { error };
    }
  }

  #settle(step: PendingStep, result: { readonly value: unknown } | { readonly error: unknown }): void {
    if ('error' in result) step.reject(result.error);
    else step.resolve(result.value);
  }
}

/** Resolves once every process has come to its next step: all of them only ever wait for steps and timers. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
