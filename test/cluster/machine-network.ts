import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

const BRIDGE = 'sluice0';
const PREFIX = '10.77.0';
/** Its own for good (locally administered): else a bridge takes the lowest of its ports', and changes it as machines join. */
const BRIDGE_MAC = '02:00:0a:4d:00:01';

/**
 * Machines as far as a network can tell: each a network namespace of its own, joined to this one by a veth pair and a bridge,
 * without a loopback. What they call 127.0.0.1 is routed over the bridge to this namespace, where the services are, so that
 * these may go on listening for nobody but their own machine. To be run in a network and a mount table that nobody else uses.
 */
export class MachineNetwork {
  #machines = 0;

  constructor() {
    // `ip netns` keeps its names below /run.
    execFileSync('mount', ['-t', 'tmpfs', 'sluice-test', '/run']);
    mkdirSync('/run/netns');
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', BRIDGE, 'address', BRIDGE_MAC, 'type', 'bridge');
    ip('addr', 'add', `${PREFIX}.1/24`, 'dev', BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    // Else the kernel takes what comes to 127.0.0.1 from elsewhere for forged.
    writeFileSync(`/proc/sys/net/ipv4/conf/${BRIDGE}/route_localnet`, '1');
  }

  /** Joins one more machine. @returns its address, and what to put before a command that it is to run */
  join(name: string): { readonly address: string; readonly within: readonly string[] } {
    this.#machines += 1;
    const address = `${PREFIX}.${10 + this.#machines}`;
    const port = `veth${this.#machines}`;
    ip('netns', 'add', name);
    ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('link', 'set', port, 'master', BRIDGE, 'up');
    ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    const within = ['ip', 'netns', 'exec', name];
    execFileSync('ip', [...within.slice(1), ...['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet']]);
    ip('-n', name, 'route', 'add', '127.0.0.0/8', 'via', `${PREFIX}.1`, 'dev', 'eth0');
    return { address, within };
  }

  /** Addresses from which there are connections to a port of this namespace. */
  peersOf(port: number): Set<string> {
    const said = execFileSync('ss', ['-Htn', 'state', 'established', 'sport', '=', `:${port}`], { encoding: 'utf8' });
    return new Set(said.match(/10\.77\.0\.\d+/g));
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args);
}
