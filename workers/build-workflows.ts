/**
 * Builds the workflows' bundle, in a process of its own: node workers/build-workflows.ts <file> [<failure converter>]
 * The bundler takes hundreds of MiB, which a worker would keep for as long as it runs.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
// The bundler is what this is about.
// eslint-disable-next-line @typescript-eslint/no-restricted-imports
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const [codePath = '', failureConverterPath] = process.argv.slice(2);

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  // How a bundle is built is no line of a worker's log; what keeps it from being built is thrown.
  logger: new DefaultLogger('ERROR'),
  ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
});
mkdirSync(dirname(codePath), { recursive: true });
const temporary = `${codePath}.${process.pid}`;
writeFileSync(temporary, code);
renameSync(temporary, codePath);
