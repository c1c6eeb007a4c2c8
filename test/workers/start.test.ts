import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Says on stdout, at the process's end, what its main thread has loaded: modules by their URLs, Node.js's own by their names. */
const WITNESS = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  process.on('exit', () => console.log(JSON.stringify([...loaded, ...process.moduleLoadList])));
`)}`;

/** None of these is needed by who waits for work and takes it: they come with what asks for them. */
const FOR_LATER = {
  'Temporal’s bundler': /\/(memfs|@jsonjoy\.com)\//,
  'RxJS, file by file': /\/rxjs\/dist\/(cjs|esm)\//,
  'DuckDB, in the main thread': /\/@duckdb\//,
  'Kafka’s clients, and what checks their options':
    /\/kafka\/dist\/(clients\/(admin|consumer|producer)|registries)\/|\/ajv\//,
  'Thrift’s servers and web sockets': /\/thrift\/(server|web_server|.*_connection)\.js|\/ws\//,
  'the web socket of Node.js': /internal\/deps\/undici\/undici/,
  'storages that the lake is not in': /\/@aws-sdk\//,
  'Spark’s engine': /\/engines\/spark\/|\/apache-arrow\//,
  'what sends traces': /\/@opentelemetry\/(?!api\/)/,
};

describe('a worker', () => {
  it('is started without loading what it may never need', async () => {
    expect(await earlyIn('workers/main.ts')).toEqual([]);
  });

  it('of what may wait is so too, but for its own DuckDB', async () => {
    expect(new Set(await earlyIn('workers/background.ts'))).toEqual(new Set(['DuckDB, in the main thread']));
  });
});

/** @returns of each module that should have been left for later, what it belongs to */
async function earlyIn(entry: string): Promise<string[]> {
  const loaded = await loadedBy(entry);
  expect(loaded.length).toBeGreaterThan(300);
  return Object.entries(FOR_LATER).flatMap(([what, urls]) => loaded.filter((url) => urls.test(url)).map(() => what));
}

/** What is loaded before the command line is read, which is wrong here. */
function loadedBy(entry: string): Promise<string[]> {
  const path = fileURLToPath(new URL(`../../${entry}`, import.meta.url));
  const args = ['--disable-warning=ExperimentalWarning', '--import', WITNESS, path, '--queues', 'none'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 24 }, (_failure, stdout) => {
      resolve(JSON.parse(stdout) as string[]);
    });
  });
}
