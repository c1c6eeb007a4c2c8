import { S3Client } from '@aws-sdk/client-s3';
import type { RequestLimits } from '../retry.ts';

/** Connections to S3 of one process. */
export const MAX_CONNECTIONS = 64;

const nothing = (): void => undefined;
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A client that finds credentials, region and endpoint as every AWS tool does: environment, profile files, web identity, container, instance. */
export function openS3Client(pathStyle: boolean, limits: RequestLimits): S3Client {
  return new S3Client({
    forcePathStyle: pathStyle,
    // Retries are our own: the client's do not repeat the upload of a file.
    maxAttempts: 1,
    // Every object is sent with a checksum already; more than that some servers do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // It would warn of failed attempts on the console; what fails for good is an error.
    logger: SILENT,
    requestHandler: {
      connectionTimeout: limits.connectMs,
      socketTimeout: limits.idleMs,
      httpAgent: { maxSockets: MAX_CONNECTIONS },
      httpsAgent: { maxSockets: MAX_CONNECTIONS },
    },
  });
}
