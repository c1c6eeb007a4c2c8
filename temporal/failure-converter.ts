import { DefaultFailureConverter } from '@temporalio/common';

/** Puts a failure's message and stack where the codec reaches them. Loaded by its path, in workflows too. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
