import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { SluiceError } from '../../errors/sluice-error.ts';

/**
 * Messages of Spark Connect, by the names of its own protocol files (`spark/connect/*.proto`), as far as they are used
 * here. 64-bit integers are decimal texts; what is 0, false or empty is left out.
 */
export type Relation = Readonly<Record<string, unknown>>;
export type Plan = { readonly root: Relation } | { readonly command: Readonly<Record<string, unknown>> };

/** A literal names the field that holds its value in `literal_type`. */
export interface Literal {
  readonly literal_type?: string;
  readonly [field: string]: unknown;
}

export interface ExecutePlanResponse {
  readonly response_id: string;
  readonly server_side_session_id: string;
  readonly arrow_batch?: { readonly data: Buffer };
  readonly result_complete?: unknown;
  /** Of stages and tasks that have begun. */
  readonly execution_progress?: {
    readonly stages?: readonly {
      readonly num_tasks?: string;
      readonly num_completed_tasks?: string;
      readonly input_bytes_read?: string;
      readonly done?: boolean;
    }[];
    readonly num_inflight_tasks?: string;
  };
  readonly observed_metrics?: readonly {
    readonly name: string;
    readonly keys?: readonly string[];
    readonly values?: readonly Literal[];
  }[];
}

const SERVICE = 'spark.connect.SparkConnectService';
const ENTRY = 'spark/connect/base.proto';

/**
 * The service as Spark's own files describe it.
 * @param folder where the files of the connect jar lie, as `sluice up` puts them
 * @throws SluiceError TOOL_MISSING
 */
export function connectService(folder: string): ServiceDefinition {
  if (!existsSync(join(folder, ENTRY))) {
    throw new SluiceError('TOOL_MISSING', `The protocol of Spark Connect is not in ${folder}.`, {
      remedy: '`sluice up --engine spark` fetches it; or run the worker with the same SLUICE_CACHE as `sluice up`.',
    });
  }
  const definition = loadSync(ENTRY, {
    includeDirs: [folder],
    keepCase: true,
    longs: String,
    enums: String,
    oneofs: true,
  });
  return definition[SERVICE] as unknown as ServiceDefinition;
}
