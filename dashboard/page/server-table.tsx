import { computed, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { serverPath } from './address.ts';
import { duration, percent } from '../quantities.ts';
import { type State, THRESHOLDS, type Threshold } from '../server-state.ts';
import type { Order } from './listing.ts';
import { Figure, Gauge, Sparkline, StateMark, stateWord } from './marks.tsx';
import { setParameter } from './route.ts';
import { holdByPointer, listing, selectedHost, shownHosts } from './shown-list.ts';
import { nowMs, servers, type ServerView, version } from './store.ts';
import { ago, localTime, utcTime } from './times.ts';

/** Rows drawn beyond the window's edges, so that scrolling never shows a blank. */
const OVERSCAN = 8;

const COLUMNS: readonly { readonly order: Order; readonly words: string; readonly name: string }[] = [
  { order: 'worst', words: 'State', name: 'state' },
  { order: 'host', words: 'Server', name: 'host' },
  { order: 'cpu', words: 'CPU', name: 'cpu' },
  { order: 'memory', words: 'Memory', name: 'memory' },
  { order: 'load', words: 'Load per core', name: 'load' },
  { order: 'disk', words: 'Fullest disk', name: 'disk' },
  { order: 'seen', words: 'Last row', name: 'seen' },
];

const view = signal({ top: 0, height: 1000, rowHeight: 44 });

/** Every server that the filters leave, worst first; only the rows in sight are in the page. */
export function ServerTable(): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => followScroll(body.current), []);
  useEffect(() => selectedHost.subscribe((host) => reveal(body.current, host)), []);
  const hosts = shownHosts.value;
  const { rowHeight } = view.value;
  const { first, last } = inSight.value;
  return (
    <div
      class="server-table"
      role="table"
      aria-label="Servers"
      aria-rowcount={hosts.length + 1}
      onPointerEnter={() => holdByPointer(true)}
      onPointerLeave={() => holdByPointer(false)}
    >
      <HeadRow />
      <div ref={body} class="table-body" role="rowgroup" style={{ height: `${hosts.length * rowHeight}px` }}>
        {hosts.slice(first, last).map((host, index) => (
          <Row key={host} host={host} index={first + index} rowHeight={rowHeight} />
        ))}
      </div>
    </div>
  );
}

const inSight = computed(() => {
  const { top, height, rowHeight } = view.value;
  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  return { first, last: Math.ceil((top + height) / rowHeight) + OVERSCAN };
});

function HeadRow(): JSX.Element {
  const { order, reversed } = listing.value;
  const sort = (to: Order): void => {
    const value = to === order && !reversed ? `-${to}` : to;
    setParameter('sort', value === 'worst' ? '' : value, 'push');
  };
  return (
    <div class="table-head" role="rowgroup">
      <div class="row" role="row" aria-rowindex={1}>
        {COLUMNS.map((column) => {
          const sorted = column.order === order;
          const upward = reversed !== (column.order === 'host');
          const ariaSort = sorted ? (upward ? 'ascending' : 'descending') : 'none';
          return (
            <div key={column.name} class={`cell ${column.name}`} role="columnheader" aria-sort={ariaSort}>
              <button type="button" onClick={() => sort(column.order)}>
                {column.words}
                <span aria-hidden="true">{sorted ? (upward ? ' ↑' : ' ↓') : ''}</span>
              </button>
            </div>
          );
        })}
        <div class="cell line" role="columnheader">
          CPU, 10 min
        </div>
      </div>
    </div>
  );
}

function Row({ host, index, rowHeight }: { host: string; index: number; rowHeight: number }): JSX.Element | null {
  void version.value;
  const server = servers.get(host);
  if (server === undefined) return null;
  return (
    <div
      class="row"
      role="row"
      aria-rowindex={index + 2}
      data-host={host}
      data-state={server.state}
      data-selected={selectedHost.value === host ? '' : undefined}
      style={{ transform: `translateY(${index * rowHeight}px)` }}
      onClick={(event) => openRow(event)}
    >
      <div class="cell state" role="cell">
        <StateMark state={server.state} /> <span class="word">{stateWord(server.state)}</span>
      </div>
      <div class="cell host" role="cell">
        <a href={serverPath(host)}>{host}</a>
        {server.simulated && <span class="tag">simulated</span>}
        <Why server={server} />
      </div>
      <Share name="cpu" value={server.cpuPct} threshold={THRESHOLDS.cpuPct} />
      <Share name="memory" value={server.memoryPct} threshold={THRESHOLDS.memoryPct} />
      <div class="cell load" role="cell" data-level={levelOf(server.loadPerCore, THRESHOLDS.loadPerCore)}>
        <Figure text={server.loadPerCore === null ? '–' : server.loadPerCore.toFixed(2)} />
      </div>
      <Share name="disk" value={server.diskPct} threshold={THRESHOLDS.diskPct} note={server.diskMount ?? ''} />
      <div class="cell seen" role="cell" title={`${localTime(server.eventTimeMs)}, ${utcTime(server.eventTimeMs)}`}>
        {ago(nowMs.value - server.eventTimeMs)}
      </div>
      <div class="cell line" role="cell">
        <Sparkline values={server.cpuHistory} label="CPU of the last ten minutes" />
      </div>
    </div>
  );
}

function Why({ server }: { server: ServerView }): JSX.Element | null {
  if (server.state === 'ok') return null;
  const words =
    server.state === 'silent' ? `silent for ${duration(nowMs.value - server.eventTimeMs)}` : server.reasons.join(', ');
  return <span class="why">{words}</span>;
}

function Share(props: { name: string; value: number | null; threshold: Threshold; note?: string }): JSX.Element {
  const { name, value, threshold, note } = props;
  return (
    <div class={`cell ${name}`} role="cell">
      <Gauge percent={value} text={value === null ? '–' : percent(value)} level={levelOf(value, threshold)} />
      {note !== undefined && note !== '' && <small>{note}</small>}
    </div>
  );
}

function levelOf(value: number | null, { warn, critical }: Threshold): State {
  if (value === null || value < warn) return 'ok';
  return value < critical ? 'warn' : 'critical';
}

/** The whole row opens its server; links and marked text keep their own behaviour. */
function openRow(event: MouseEvent): void {
  if (event.defaultPrevented || !(event.currentTarget instanceof HTMLElement)) return;
  if (event.target instanceof Element && event.target.closest('a') !== null) return;
  if (window.getSelection()?.isCollapsed === false) return;
  event.currentTarget.querySelector('a')?.click();
}

function followScroll(body: HTMLElement | null): (() => void) | undefined {
  if (body === null) return undefined;
  const measure = (): void => {
    const rowHeight = Number.parseFloat(getComputedStyle(body).getPropertyValue('--row-height')) || 44;
    const top = Math.max(0, -body.getBoundingClientRect().top);
    const next = { top: Math.floor(top / rowHeight) * rowHeight, height: window.innerHeight, rowHeight };
    const now = view.value;
    if (next.top !== now.top || next.height !== now.height || next.rowHeight !== now.rowHeight) view.value = next;
  };
  measure();
  window.addEventListener('scroll', measure, { passive: true });
  window.addEventListener('resize', measure);
  return () => {
    window.removeEventListener('scroll', measure);
    window.removeEventListener('resize', measure);
  };
}

/** Scrolls the selected row into sight, wherever it is in the list. */
function reveal(body: HTMLElement | null, host: string | undefined): void {
  if (body === null || host === undefined) return;
  const index = shownHosts.value.indexOf(host);
  if (index < 0) return;
  const { rowHeight } = view.value;
  const top = body.getBoundingClientRect().top + index * rowHeight;
  const head = 110;
  if (top < head) window.scrollBy({ top: top - head });
  else if (top + rowHeight > window.innerHeight - 8) window.scrollBy({ top: top + rowHeight - window.innerHeight + 8 });
}
