import { writeSync } from 'node:fs';
import { SluiceError } from '../errors/sluice-error.ts';

/** The steps of the activities at which a fault can be planted. */
export const STEPS = [
  'plan',
  'write',
  'seal',
  'commit',
  'publish',
  'rewrite-write',
  'rewrite-commit',
  'rewrite-publish',
] as const;
export type Step = (typeof STEPS)[number];

export const FAULT_VARIABLE = 'SLUICE_FAULT';
const FAULT = /^(?<step>[a-z-]+):(?<when>before|after):(?:(?<what>crash|error)|hang:(?<hangMs>\d{1,6}))$/;
const STDERR = 2;

/** What befalls a process the first time that it comes to a step. */
export interface Fault {
  readonly step: Step;
  readonly when: 'before' | 'after';
  /** `hang`: the process stands still, heartbeats and all, and then goes on as if nothing had been. */
  readonly what: 'crash' | 'error' | 'hang';
  readonly hangMs: number;
}

/**
 * @param text `<step>:<before|after>:<crash|error|hang:milliseconds>`, as docs/faults.md describes it
 * @throws SluiceError SETTINGS_INVALID
 */
export function parseFault(text: string | undefined): Fault | undefined {
  if (text === undefined || text === '') return undefined;
  const { step, when, what = 'hang', hangMs = 0 } = FAULT.exec(text)?.groups ?? {};
  const known = STEPS.find((name) => name === step);
  if (known !== undefined) return { step: known, when, what, hangMs: Number(hangMs) } as Fault;
  throw new SluiceError('SETTINGS_INVALID', `The environment variable ${FAULT_VARIABLE} is wrong: "${text}".`, {
    remedy: `Unset it; or, in a test: <step>:<before|after>:<crash|error|hang:milliseconds>, a step of ${STEPS.join(', ')}.`,
    details: { variable: FAULT_VARIABLE },
  });
}

let planted = parseFault(process.env[FAULT_VARIABLE]);

/** Does a step of an activity. This is where a test can have the real process fail, once; nowhere else does anything know of it. */
export async function atStep<T>(step: Step, work: () => Promise<T>): Promise<T> {
  if (planted?.step !== step) return work();
  const { when } = planted;
  if (when === 'before') strike();
  const result = await work();
  if (when === 'after') strike();
  return result;
}

function strike(): void {
  if (planted === undefined) return;
  const { step, when, what, hangMs } = planted;
  planted = undefined;
  // At once, since a process that crashes writes nothing more.
  writeSync(STDERR, `${JSON.stringify({ fault: what, step, when, hangMs })}\n`);
  if (what === 'crash') process.kill(process.pid, 'SIGKILL');
  if (what === 'error') throw new Error(`The fault planted ${when} the step "${step}" has struck.`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangMs);
}
