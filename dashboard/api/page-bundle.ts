import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

/** The scripts' bound, compressed with gzip. */
export const MAX_SCRIPT_BYTES = 120_000;

export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly brotli: Uint8Array<ArrayBuffer>;
}

export interface PageBundle {
  readonly html: Asset;
  /** By path; their names change with their content, so they may be kept for ever. */
  readonly assets: ReadonlyMap<string, Asset>;
}

const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

/** Bundles the page in memory: script and style by esbuild, named by their content, and compressed once. */
export async function bundlePage(): Promise<PageBundle> {
  const result = await build({
    entryPoints: [`${PAGE}main.tsx`],
    outdir: '/',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const assets: Asset[] = [];
  for (const { path, contents } of result.outputFiles) {
    const kind = path.endsWith('.css') ? 'css' : 'js';
    const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12);
    const type = kind === 'css' ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
    assets.push(await assetOf(`/assets/page-${hash}.${kind}`, type, Buffer.from(contents)));
  }
  const icon = await assetOf('/assets/icon.svg', 'image/svg+xml', await readFile(`${PAGE}icon.svg`));
  const template = await readFile(`${PAGE}index.html`, 'utf8');
  const named = (ending: string): string => assets.find(({ path }) => path.endsWith(ending))?.path ?? '';
  const html = template.replaceAll('{{script}}', named('.js')).replaceAll('{{style}}', named('.css'));
  return {
    html: await assetOf('/', 'text/html; charset=utf-8', Buffer.from(html)),
    assets: new Map([...assets, icon].map((asset) => [asset.path, asset])),
  };
}

async function assetOf(path: string, type: string, contents: Buffer): Promise<Asset> {
  const plain = new Uint8Array(contents);
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(plain, { level: 9 }),
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  ]);
  return { path, type, plain, gzip: new Uint8Array(zipped), brotli: new Uint8Array(brotli) };
}
