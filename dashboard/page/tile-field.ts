import { serverPath } from './address.ts';
import { bytes, percent } from '../quantities.ts';
import type { State } from '../server-state.ts';
import type { ServerView } from './store.ts';

export const METRICS = {
  cpu: { words: 'CPU', of: (server: ServerView) => server.cpuPct },
  memory: { words: 'memory', of: (server: ServerView) => server.memoryPct },
  load: {
    words: 'load per core',
    of: (server: ServerView) => (server.loadPerCore === null ? null : server.loadPerCore * 50),
  },
  disk: { words: 'fullest disk', of: (server: ServerView) => server.diskPct },
} as const;
export type Metric = keyof typeof METRICS;

/** Steps of shade; a tile is touched only when it changes its step, so most seconds cost nothing. */
export const LEVELS = 8;

/** Up to so many servers, tiles carry a figure; up to the next, they are middling; beyond, small. */
const FIGURES_UP_TO = 320;
const MIDDLING_UP_TO = 1_500;

interface Tile {
  readonly element: HTMLAnchorElement;
  state: State | undefined;
  level: number;
  text: string;
}

/** The map's tiles, kept by hand: a link for each server, made once and changed only where it looks different. */
export class TileField {
  readonly #root: HTMLElement;
  readonly #tiles = new Map<string, Tile>();
  #hosts: readonly string[] | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  show(hosts: readonly string[], servers: ReadonlyMap<string, ServerView>, metric: Metric): void {
    const size = hosts.length <= FIGURES_UP_TO ? 'figures' : hosts.length <= MIDDLING_UP_TO ? 'middling' : 'small';
    if (this.#root.dataset['size'] !== size) this.#root.dataset['size'] = size;
    if (hosts !== this.#hosts) this.#place(hosts);
    for (const host of hosts) {
      const server = servers.get(host);
      const tile = this.#tiles.get(host);
      if (server !== undefined && tile !== undefined) paint(tile, server, metric, size === 'figures');
    }
  }

  #place(hosts: readonly string[]): void {
    this.#hosts = hosts;
    const wanted = new Set(hosts);
    for (const [host, { element }] of this.#tiles) {
      if (wanted.has(host)) continue;
      element.remove();
      this.#tiles.delete(host);
    }
    let before: Element | null = this.#root.firstElementChild;
    for (const host of hosts) {
      let tile = this.#tiles.get(host);
      if (tile === undefined) this.#tiles.set(host, (tile = tileOf(host)));
      if (tile.element === before) before = before.nextElementSibling;
      else this.#root.insertBefore(tile.element, before);
    }
  }
}

function tileOf(host: string): Tile {
  const element = document.createElement('a');
  element.className = 'tile';
  element.href = serverPath(host);
  element.tabIndex = -1;
  element.dataset['tile'] = host;
  return { element, state: undefined, level: -1, text: '' };
}

function paint(tile: Tile, server: ServerView, metric: Metric, withFigure: boolean): void {
  const value = METRICS[metric].of(server);
  const level = value === null ? 0 : Math.min(LEVELS - 1, Math.max(0, Math.floor((value / 100) * LEVELS)));
  if (tile.state !== server.state) {
    tile.state = server.state;
    tile.element.dataset['state'] = server.state;
    tile.element.setAttribute('aria-label', `${server.host}, ${server.state}`);
  }
  if (tile.level !== level) {
    tile.level = level;
    tile.element.dataset['level'] = String(level);
  }
  const text = withFigure
    ? server.state === 'silent' || value === null
      ? '–'
      : String(Math.round(metric === 'load' ? value * 2 : value))
    : '';
  if (tile.text !== text) {
    tile.text = text;
    tile.element.textContent = text;
  }
}

/** What a tile stands for, in full. */
export function tileFigures(server: ServerView): readonly (readonly [string, string])[] {
  const share = (value: number | null): string => (value === null ? 'no data' : percent(value));
  const memory = server.memoryTotalBytes === null ? '' : ` of ${bytes(server.memoryTotalBytes)}`;
  return [
    ['CPU', share(server.cpuPct)],
    ['Memory', share(server.memoryPct) + memory],
    ['Load per core', server.loadPerCore === null ? 'no data' : server.loadPerCore.toFixed(2)],
    [`Disk ${server.diskMount ?? ''}`.trim(), share(server.diskPct)],
  ];
}
