import { SluiceError } from '../errors/sluice-error.ts';

/** The number that an option was given: an offset, a partition, a count. @throws SluiceError USAGE */
export function wholeNumber(option: string, text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new SluiceError('USAGE', `${option} must be a whole number, not "${text}".`);
}
