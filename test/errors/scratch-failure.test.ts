import { closeSync, openSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DuckDbSession } from '../../duckdb/session.ts';
import { scratchFailure } from '../../errors/scratch-failure.ts';
import { SluiceError } from '../../errors/sluice-error.ts';

/** A device that is always full. */
const FULL = '/dev/full';

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

it('knows a full disk from what Node throws', () => {
  const device = openSync(FULL, 'w');
  const failure = scratchFailure(
    '/scratch',
    thrownBy(() => writeSync(device, 'x')),
  );
  closeSync(device);
  expect(failure?.code).toBe('SCRATCH_UNUSABLE');
  expect(failure?.advice).toContain('/scratch failed: its disk is full. Free or add space there');
});

it('knows a full disk from what DuckDB throws', async () => {
  const thrown: unknown = await DuckDbSession.once(
    `COPY (SELECT range AS n FROM range(1000000)) TO '${FULL}' (FORMAT csv, USE_TMP_FILE false)`,
  ).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Error);
  expect(scratchFailure('/scratch', thrown)?.advice).toContain('its disk is full');
});

it('leaves alone what has another cause', () => {
  expect(scratchFailure('/scratch', new Error('Out of Memory Error'))).toBeUndefined();
  expect(scratchFailure('/scratch', new SluiceError('INTERNAL', 'No space left on device'))).toBeUndefined();
});
