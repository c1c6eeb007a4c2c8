import { Client, type ClientReadableStream, credentials, Metadata, type ServiceDefinition } from '@grpc/grpc-js';
import type { SparkSettings } from '../../settings/spark-settings.ts';
import { connectService } from './connect-protocol.ts';

/** The largest answer taken: Spark cuts results into parts of some 4 MB. */
const MAX_MESSAGE_BYTES = 128 * 1024 ** 2;
const CALL_LIMIT_MS = 30_000;
const USER = { user_id: 'sluice', user_name: 'sluice' };

type Method = 'ExecutePlan' | 'ReattachExecute' | 'ReleaseExecute' | 'Interrupt' | 'Config' | 'ReleaseSession';

/** Calls of one Spark Connect server (`spark.connect.SparkConnectService`), with the protocol of its own files. */
export class ConnectClient {
  readonly address: string;
  readonly #service: ServiceDefinition;
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(spark: SparkSettings) {
    this.address = spark.address;
    this.#service = connectService(spark.protocolFolder);
    const channel = spark.tls ? credentials.createSsl() : credentials.createInsecure();
    this.#client = new Client(spark.address, channel, {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      // A server that is started again is to be found soon.
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.keepalive_time_ms': 10_000,
    });
    if (spark.token !== undefined) this.#metadata.set('authorization', `Bearer ${spark.token}`);
  }

  /** An answer in many messages. The stream throws a ServiceError. */
  stream<T>(method: Method, sessionId: string, request: object): ClientReadableStream<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const message = { session_id: sessionId, user_context: USER, client_type: 'sluice', ...request };
    return this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => T,
      message,
      this.#metadata,
    );
  }

  /** @throws ServiceError */
  call<T>(method: Method, sessionId: string, request: object): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const message = { session_id: sessionId, user_context: USER, client_type: 'sluice', ...request };
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => T,
        message,
        this.#metadata,
        { deadline: Date.now() + CALL_LIMIT_MS },
        (error, answer) => {
          if (error !== null) reject(error);
          else resolve(answer as T);
        },
      );
    });
  }

  close(): void {
    this.#client.close();
  }

  #method(name: Method): ServiceDefinition[string] {
    const method = this.#service[name];
    if (method === undefined) throw new Error(`Spark Connect's protocol has no ${name}.`);
    return method;
  }
}
