import { inSpan, type TracedStep } from './batch-trace.ts';
import { atStep } from './fault-point.ts';

/** A step of a batch's revision, as a fault and as a trace know it. */
export function batchStep<T>(
  step: 'write' | 'seal' | 'commit',
  { table, sequence, revision, attempt }: TracedStep,
  work: () => Promise<T>,
): Promise<T> {
  return inSpan(step, { table, sequence, revision, attempt }, () => atStep(step, work));
}
