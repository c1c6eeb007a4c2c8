import './token.ts';
import './language.ts';
import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/frame.css';
import './style/servers.css';
import './style/server.css';
import { render, type JSX } from 'preact';
import { KeyHelp } from './key-help.tsx';
import { followKeys } from './keys.ts';
import { followLinks, route } from './route.ts';
import { ServerPage } from './server-page.tsx';
import { ServersPage } from './servers-page.tsx';
import { keepListing } from './shown-list.ts';
import { followStream } from './stream.ts';
import { keepTitle } from './title.ts';
import { TopBar } from './top-bar.tsx';

function Page(): JSX.Element {
  const at = route.value;
  return (
    <>
      <TopBar />
      <main>{at.page === 'servers' ? <ServersPage /> : <ServerPage key={at.host} host={at.host} />}</main>
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
