import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Producer } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';

const LIBRARY = fileURLToPath(new URL('../../kafka/library.ts', import.meta.url));
const WRONG = { clientId: 'x', bootstrapBrokers: ['localhost:1'], retries: 'many', strict: true };

/** In a process of its own, which loads the library as Sluice does; tests import it themselves. */
const SCRIPT = `
  const { createRequire } = await import('node:module');
  const { Connection } = await import(${JSON.stringify(LIBRARY)});
  const { ajv, Producer } = createRequire(${JSON.stringify(LIBRARY)})('@platformatic/kafka');
  const isLazy = !('schemas' in ajv);
  let refused;
  try { new Producer(${JSON.stringify(WRONG)}); } catch (error) { refused = error.message; }
  console.log(JSON.stringify({ loaded: typeof Connection, isLazy, refused }));
`;

describe('the Kafka library', () => {
  it('is loaded without compiling the schemas of its clients, and they check their options all the same', async () => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', SCRIPT];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual({ loaded: 'function', isLazy: true, refused: refusal() });
  });
});

/** What the library itself says of those options. */
function refusal(): string {
  try {
    new Producer(WRONG as never);
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message;
  }
  throw new Error('The library takes wrong options.');
}
