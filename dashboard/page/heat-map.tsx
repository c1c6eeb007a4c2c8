import { effect, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { many } from '../quantities.ts';
import { Sparkline, StateMark, stateWord } from './marks.tsx';
import { parameter, setParameter } from './route.ts';
import { mappedHosts } from './shown-list.ts';
import { nowMs, servers, version } from './store.ts';
import { type Metric, METRICS, TileField, tileFigures } from './tile-field.ts';
import { ago } from './times.ts';

const hovered = signal<
  { readonly host: string; readonly left: number; readonly top: number; readonly above: boolean } | undefined
>(undefined);

function metric(): Metric {
  const wanted = parameter('shade');
  return wanted in METRICS ? (wanted as Metric) : 'cpu';
}

/** Every server as a small tile that keeps its place: state by colour and shape, one figure by shade. */
export function HeatMap(): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (root.current === null) return;
    const field = new TileField(root.current);
    const stop = effect(() => {
      void version.value;
      field.show(mappedHosts.value, servers, metric());
    });
    return () => {
      stop();
      hovered.value = undefined;
    };
  }, []);
  return (
    <div class="heat-map">
      <div class="heat-map-head">
        <h2>{many(mappedHosts.value.length, 'server')}, by name</h2>
        <label>
          shade by{' '}
          <select
            value={metric()}
            onChange={(event) =>
              setParameter('shade', event.currentTarget.value === 'cpu' ? '' : event.currentTarget.value, 'replace')
            }
          >
            {Object.entries(METRICS).map(([name, { words }]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <span class="scale" aria-hidden="true">
          {metric() === 'load' ? '0' : '0 %'}
          {[0, 1, 2, 3, 4, 5, 6, 7].map((level) => (
            <i key={level} data-level={level} />
          ))}
          {metric() === 'load' ? '2' : '100 %'}
        </span>
      </div>
      <div
        ref={root}
        class="tiles"
        role="group"
        aria-label="Every server as a tile, by name. The table below has the same servers in words."
        onPointerOver={(event) => hover(event.target)}
        onPointerLeave={() => (hovered.value = undefined)}
      />
      <HoverCard />
    </div>
  );
}

function hover(target: EventTarget | null): void {
  const tile = target instanceof HTMLElement ? target.closest<HTMLElement>('.tile') : null;
  const host = tile?.dataset['tile'];
  if (tile === null || host === undefined) return;
  const box = tile.getBoundingClientRect();
  const above = box.top > 220;
  const left = Math.min(window.innerWidth - 270, Math.max(8, box.left - 20));
  hovered.value = { host, left, top: (above ? box.top - 8 : box.bottom + 8) + window.scrollY, above };
}

function HoverCard(): JSX.Element | null {
  const at = hovered.value;
  void version.value;
  const server = at === undefined ? undefined : servers.get(at.host);
  if (at === undefined || server === undefined) return null;
  return (
    <div
      class="hover-card"
      data-above={at.above}
      style={{ left: `${at.left}px`, top: `${at.top}px` }}
      aria-hidden="true"
    >
      <p>
        <StateMark state={server.state} /> <b>{server.host}</b> <span class="dim">{stateWord(server.state)}</span>
      </p>
      {server.reasons.length > 0 && <p class="why">{server.reasons.join(', ')}</p>}
      <dl>
        {tileFigures(server).map(([name, figure]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{figure}</dd>
          </div>
        ))}
        <div>
          <dt>Last row</dt>
          <dd>{ago(nowMs.value - server.eventTimeMs)}</dd>
        </div>
      </dl>
      <Sparkline values={server.cpuHistory} label="" />
    </div>
  );
}
