import { gunzipSync, brotliDecompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Asset, bundlePage, MAX_SCRIPT_BYTES, type PageBundle } from '../../../dashboard/api/page-bundle.ts';

let page: PageBundle;

const ending = (suffix: string): Asset[] => [...page.assets.values()].filter(({ path }) => path.endsWith(suffix));
const textOf = ({ plain }: Asset): string => Buffer.from(plain).toString();

beforeAll(async () => {
  page = await bundlePage();
});

describe('the page’s bundle', () => {
  it('has scripts below 120 kB compressed', () => {
    expect(MAX_SCRIPT_BYTES).toBe(120_000);
    const scripts = ending('.js');
    expect(scripts).toHaveLength(1);
    const size = scripts.reduce((sum, { gzip }) => sum + gzip.length, 0);
    expect(size).toBeGreaterThan(10_000);
    expect(size).toBeLessThan(MAX_SCRIPT_BYTES);
  });

  it('loads nothing from elsewhere, and runs nothing inline', () => {
    const html = textOf(page.html);
    const loaded = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(loaded).toHaveLength(3);
    for (const address of loaded) expect([...page.assets.keys()]).toContain(address);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
    for (const sheet of ending('.css')) expect(textOf(sheet)).not.toMatch(/@import|url\((?!"?data:)/);
    for (const script of ending('.js')) expect(textOf(script)).not.toMatch(/\bimport\s*\(|\beval\(|new Function\(/);
  });

  it('is the same in each of its encodings', () => {
    for (const asset of [page.html, ...page.assets.values()]) {
      const plain = Buffer.from(asset.plain);
      expect(gunzipSync(asset.gzip).equals(plain)).toBe(true);
      expect(brotliDecompressSync(asset.brotli).equals(plain)).toBe(true);
    }
  });
});
