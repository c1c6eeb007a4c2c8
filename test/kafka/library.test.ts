import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Producer } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';

const LIBRARY = fileURLToPath(new URL('../../kafka/library.ts', import.meta.url));
const WRONG = { clientId: 'x', bootstrapBrokers: ['localhost:1'], retries: 'many', strict: true };

/** In processes of their own, which load the library as Sluice does; tests import it themselves. */
const LOADED = `
  const { readFileSync } = await import('node:fs');
  const { createRequire } = await import('node:module');
  const { join, dirname } = await import('node:path');
  const given = await import(${JSON.stringify(LIBRARY)});
  const require = createRequire(${JSON.stringify(LIBRARY)});
  const library = require('@platformatic/kafka');
  const inLibrary = (path) => join(dirname(require.resolve('@platformatic/kafka')), path);
`;

const OPTIONS = `
  const isLazy = !('schemas' in library.ajv);
  const { Producer } = require(inLibrary('clients/producer/producer.js'));
  let refused;
  try { new Producer(${JSON.stringify(WRONG)}); } catch (error) { refused = error.message; }
  console.log(JSON.stringify({ isLazy, refused }));
`;

const REQUESTS = `
  const connection = readFileSync(inLibrary('network/connection.js'), 'utf8');
  const [, sent = ''] = /import \\{ ([^}]*) \\} from "..\\/apis\\/index.js"/.exec(connection) ?? [];
  const isWhole = (name) => typeof library[name]?.api === 'function';
  console.log(JSON.stringify({
    unknown: Object.keys(given).filter((name) => given[name] === undefined),
    ofSluice: Object.keys(given).filter((name) => /V\\d+$/.test(name) && !isWhole(name)),
    ofConnections: sent.split(', ').filter((name) => !isWhole(name)),
    fetches: Object.keys(library).filter((name) => name.startsWith('fetchV') && isWhole(name)),
  }));
`;

describe('the Kafka library', () => {
  it('is loaded without compiling the schemas of its clients, and they check their options all the same', async () => {
    expect(await said(OPTIONS)).toEqual({ isLazy: true, refused: refusal() });
  });

  it('is loaded without requests but those that Sluice or a connection sends', async () => {
    expect(await said(REQUESTS)).toEqual({ unknown: [], ofSluice: [], ofConnections: [], fetches: ['fetchV13'] });
  });
});

async function said(script: string): Promise<unknown> {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', LOADED + script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

/** What the library itself says of those options. */
function refusal(): string {
  try {
    new Producer(WRONG as never);
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message;
  }
  throw new Error('The library takes wrong options.');
}
