import './token.ts';
import './language.ts';
import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/frame.css';
import './style/servers.css';
import './style/server.css';
import './style/pipeline.css';
import './style/hours.css';
import { render, type JSX } from 'preact';
import { ActionDialog } from './action-dialog.tsx';
import { BackfillDialog } from './backfill-dialog.tsx';
import { KeyHelp } from './key-help.tsx';
import { followKeys } from './keys.ts';
import type { Place } from './address.ts';
import { PipelinePage } from './pipeline-page.tsx';
import { RejectedPage } from './rejected-page.tsx';
import { followLinks, route } from './route.ts';
import { ServerPage } from './server-page.tsx';
import { ServersPage } from './servers-page.tsx';
import { keepListing } from './shown-list.ts';
import { followStream } from './stream.ts';
import { TablePage } from './table-page.tsx';
import { keepTitle } from './title.ts';
import { TopBar } from './top-bar.tsx';

function pageAt(at: Place): JSX.Element {
  switch (at.page) {
    case 'servers':
      return <ServersPage />;
    case 'server':
      return <ServerPage key={at.host} host={at.host} />;
    case 'pipeline':
      return <PipelinePage />;
    case 'table':
      return <TablePage key={at.table} table={at.table} />;
    case 'rejected':
      return <RejectedPage key={at.table} table={at.table} />;
  }
}

function Page(): JSX.Element {
  return (
    <>
      <TopBar />
      <main>{pageAt(route.value)}</main>
      <ActionDialog />
      <BackfillDialog />
      <KeyHelp />
    </>
  );
}

const root = document.getElementById('page');
if (root !== null) {
  root.replaceChildren();
  followLinks();
  followKeys();
  keepListing();
  keepTitle();
  followStream();
  render(<Page />, root);
}
