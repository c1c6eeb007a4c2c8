import { SluiceError } from '../../errors/sluice-error.ts';

/** Something that the dashboard can be asked to do, at `POST /api/v1/actions/<name>`. */
export interface Action<Arguments extends Record<string, unknown> = Record<string, unknown>> {
  readonly name: string;
  /**
   * What the request brings besides `table` and `by`, checked; it is recorded as it is returned.
   * @throws SluiceError USAGE
   */
  arguments(body: Readonly<Record<string, unknown>>): Arguments;
  /**
   * Does it within 15 s; what takes longer is a workflow that it starts. What it returns is the answer's `result`.
   * @throws SluiceError USAGE where it is not to be done as things stand
   */
  run(request: { readonly table: string; readonly by: string; readonly arguments: Arguments }): Promise<unknown>;
}

/** What every action's request has. */
export interface ActionBody {
  readonly table: string;
  readonly by: string;
  readonly rest: Readonly<Record<string, unknown>>;
}

/** The longest name of who asks. */
export const MAX_NAME_LENGTH = 64;
/** Letters of any script, so that it is a name, and nothing that a log or a page could take for something else. */
const NAME = new RegExp(`^[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} ._@+-]{0,${MAX_NAME_LENGTH - 1}}$`, 'u');

/** @throws SluiceError USAGE, naming what is wrong */
export function parseActionBody(text: string): ActionBody {
  const body = objectOf(text);
  const { table, by, ...rest } = body;
  if (typeof table !== 'string' || table === '') throw wrong('"table" must be a table’s name');
  if (typeof by !== 'string' || !NAME.test(by)) {
    throw wrong(`"by" must be the name of who asks: up to ${MAX_NAME_LENGTH} letters, digits, spaces and . _ @ + -`);
  }
  return { table, by, rest };
}

/** For actions that need nothing else. @throws SluiceError USAGE */
export function noArguments(body: Readonly<Record<string, unknown>>): Record<string, never> {
  const [name] = Object.keys(body);
  if (name !== undefined) throw wrong(`"${name.slice(0, 40)}" is not known here`);
  return {};
}

function objectOf(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw wrong('it is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw wrong('it is not a JSON object');
  return body as Record<string, unknown>;
}

function wrong(why: string): SluiceError {
  return new SluiceError('USAGE', `The request’s body is wrong: ${why}.`, { remedy: 'See dashboard/API.md.' });
}
