import type { Command } from 'commander';
import { StackRecord } from '../infra/stack-record.ts';
import { isFree } from '../infra/ports.ts';
import { checkTools } from '../infra/toolchain.ts';
import { readSettings, type Settings } from '../settings/settings.ts';

interface PortCheck {
  readonly port: number;
  readonly variable: string;
  readonly free: boolean;
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check that this machine has what Sluice needs, and say how to get what is missing')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const settings = readSettings();
      const tools = checkTools(settings);
      const up = new StackRecord(settings.home).running().length > 0;
      const ports = up ? [] : await checkPorts(settings);
      const ok = tools.every((tool) => tool.ok) && ports.every((port) => port.free);
      if (json) console.log(JSON.stringify({ ok, up, tools, ports }, null, 2));
      else {
        for (const tool of tools) {
          console.log(
            `${tool.ok ? 'ok     ' : 'MISSING'} ${tool.tool} (for ${tool.neededFor})${tool.found ? `: ${tool.found}` : ''}`,
          );
          if (!tool.ok) console.log(`        ${tool.remedy}`);
        }
        for (const { port, variable, free } of ports) {
          if (!free) console.log(`BUSY    port ${port}: stop what holds it, or set ${variable}`);
        }
        if (up) console.log('ok      the stack is up');
        console.log(ok ? 'This machine is ready.' : 'Not ready yet.');
      }
      process.exitCode = ok ? 0 : 1;
    });
}

async function checkPorts({ ports, kafka, temporal, metastore }: Settings): Promise<PortCheck[]> {
  const wanted = [
    ...(temporal.given
      ? []
      : [[ports.temporal, 'SLUICE_PORT_TEMPORAL'] as const, [ports.temporalUi, 'SLUICE_PORT_TEMPORAL_UI'] as const]),
    ...(kafka.given
      ? []
      : [0, 1, 2].flatMap((node) => [
          [ports.kafka + node, 'SLUICE_PORT_KAFKA'] as const,
          [ports.kafkaController + node, 'SLUICE_PORT_KAFKA_CONTROLLER'] as const,
        ])),
    ...(metastore.given ? [] : [[ports.metastore, 'SLUICE_PORT_METASTORE'] as const]),
    [ports.dashboard, 'SLUICE_PORT_DASHBOARD'] as const,
  ];
  return Promise.all(wanted.map(async ([port, variable]) => ({ port, variable, free: await isFree(port) })));
}
