import { SluiceError } from '../../errors/sluice-error.ts';

/** What a call is refused with; it fails where that is nothing, or nothing of ours. */
export async function failureOf(promise: Promise<unknown>): Promise<SluiceError> {
  const thrown: unknown = await promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
  if (thrown instanceof SluiceError) return thrown;
  throw new Error('no SluiceError', { cause: thrown });
}
