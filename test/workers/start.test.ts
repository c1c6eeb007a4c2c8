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
    const loaded = await loadedBy('workers/main.ts');
    expect(loaded.length).toBeGreaterThan(300);
    const early = Object.entries(FOR_LATER).map(([what, urls]) => [what, loaded.filter((url) => urls.test(url))]);
    expect(Object.fromEntries(early)).toEqual(Object.fromEntries(Object.keys(FOR_LATER).map((what) => [what, []])));
  });
});

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
