import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { workFailure } from '../../temporal/work-failure.ts';

function failedBy(cause: Error): WorkflowFailedError {
  const activity = new ActivityFailure(
    'Activity task failed',
    'vacuumTable',
    '1',
    RetryState.MAXIMUM_ATTEMPTS_REACHED,
    'w',
    cause,
  );
  return new WorkflowFailedError('Workflow execution failed', activity, RetryState.RETRY_POLICY_NOT_SET);
}

describe('what a command says of work that failed', () => {
  it('is what the activity said', () => {
    const cause = ApplicationFailure.create({
      type: 'LAKE_FULL',
      message: 'The lake’s disk is full. Free space there.',
    });
    expect(workFailure(failedBy(cause))).toMatchObject({
      name: 'SluiceError',
      code: 'LAKE_FULL',
      message: 'The lake’s disk is full. Free space there.',
    });
  });

  it('is left as it is where nobody gave it a code', () => {
    for (const thrown of [
      failedBy(new Error('broken')),
      failedBy(ApplicationFailure.create({ type: 'toString' })),
      7,
    ]) {
      expect(workFailure(thrown)).toBe(thrown);
    }
  });
});
