import { type EngineName, ENGINES } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';

/** @throws SluiceError USAGE */
export function engineOf(text: string): EngineName {
  const engine = ENGINES.find((name) => name === text);
  if (engine !== undefined) return engine;
  throw new SluiceError('USAGE', `--engine takes ${ENGINES.join(' or ')}, not "${text}".`);
}
