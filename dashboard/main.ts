import { asSluiceError } from '../errors/sluice-error.ts';
import { readSettings } from '../settings/settings.ts';
import { startDashboard } from './start-dashboard.ts';

try {
  const dashboard = await startDashboard(readSettings());
  const stop = (): void => {
    dashboard.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, component: 'dashboard', url: dashboard.url })}\n`);
} catch (thrown) {
  const error = asSluiceError(thrown);
  process.stderr.write(`${error.code}: ${error.advice}\n`);
  process.exitCode = 1;
}
