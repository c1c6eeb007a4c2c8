import { log } from './json-log.ts';
import { asSluiceError, type SluiceError } from '../errors/sluice-error.ts';

/** Runs a worker's process to its end: 0 when it was told to stop, 1 with what failed on stderr, as JSON. */
export function runWorker(component: string, main: () => Promise<void>): void {
  main().then(
    () => process.exit(0),
    (thrown: unknown) => {
      const error = asSluiceError(thrown);
      logFailure(component, error);
      if (error.code === 'INTERNAL') console.error(thrown);
      process.exit(1);
    },
  );
}

export function logFailure(component: string, { code, advice }: SluiceError): void {
  log('error', component, advice, { code });
}

/** Random hexadecimal digits in an attempt's name: of two attempts at one batch, one in 4 billion would share it. */
const ATTEMPT_NAME_LENGTH = 8;

export function attemptName(): string {
  return crypto.randomUUID().slice(0, ATTEMPT_NAME_LENGTH);
}
