import { readFileSync } from 'node:fs';
import { SluiceError } from '../errors/sluice-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export function portOf(env: Environment, name: string, fallback: number): number {
  const value = env[name];
  if (!value) return fallback;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw invalid(name, `"${value}" is not a port number`);
  return port;
}

/** A secret from NAME, or from the file that NAME_FILE names. */
export function secretOf(env: Environment, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  return file ? readFileOf(`${name}_FILE`, file).trim() : env[name] || undefined;
}

/** @throws SluiceError SETTINGS_INVALID, naming the variable and the file */
export function readFileOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SluiceError('SETTINGS_INVALID', `${name}: the file ${path} cannot be read.`, {
      remedy: `Correct or unset ${name}.`,
      details: { variable: name },
      cause,
    });
  }
}

export function invalid(name: string, why: string): SluiceError {
  return new SluiceError('SETTINGS_INVALID', `The environment variable ${name} is wrong: ${why}.`, {
    remedy: `Correct or unset ${name}.`,
    details: { variable: name },
  });
}
