import { SluiceError } from '../errors/sluice-error.ts';
import type { BrokerAddress } from './connection.ts';
import { errorName, isForbidden, isLeaderMoved, isTopicUnknown, NONE } from './protocol.ts';

/** One broker that could not be used, and why. */
export interface BrokerFailure {
  readonly broker: BrokerAddress;
  readonly thrown: unknown;
}

const REMEDY_UNREACHABLE =
  'Check that the brokers run and that KAFKA_BROKERS names them; if they want TLS or a log-in, set KAFKA_TLS and KAFKA_SASL_MECHANISM.';
const REMEDY_CREDENTIALS =
  'Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (or KAFKA_SASL_PASSWORD_FILE); they are read when a process starts.';
const REMEDY_TLS =
  "Check KAFKA_TLS, KAFKA_TLS_CA_FILE (the authority that signed the brokers' certificates) and that KAFKA_BROKERS uses the names in those certificates.";

const TLS_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EPROTO',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const SASL_ERRORS = new Set(['SASL_AUTHENTICATION_FAILED', 'ILLEGAL_SASL_STATE', 'UNSUPPORTED_SASL_MECHANISM']);

const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'timed out',
  EPIPE: 'connection closed',
};

/**
 * What it means that none of the brokers could be used: bad credentials and TLS trouble are told apart from brokers
 * that are away, for they need another remedy.
 */
export function brokersFailed(doing: string, failures: readonly BrokerFailure[]): SluiceError {
  const details = { brokers: failures.map(({ broker }) => broker).join(',') };
  const cause = failures.at(-1)?.thrown;
  for (const { broker, thrown } of failures) {
    if (thrown instanceof SluiceError && thrown.code === 'KAFKA_PROTOCOL') return thrown;
    const refusal = refusalOf(broker, thrown);
    if (refusal) {
      return new SluiceError('KAFKA_AUTHENTICATION', `${doing}: ${refusal.message}`, {
        remedy: refusal.remedy,
        details,
        cause: thrown,
      });
    }
  }
  const tried = failures.map(({ broker, thrown }) => `${broker} (${reasonOf(thrown)})`).join(', ');
  return new SluiceError('KAFKA_UNREACHABLE', `${doing}: no Kafka broker could be used. Tried ${tried}.`, {
    remedy: REMEDY_UNREACHABLE,
    details,
    cause,
  });
}

/** A leader that cannot be reached is no more than unreachable, unless it refuses us. */
export function leaderFailed(doing: string, broker: BrokerAddress, thrown: unknown): SluiceError {
  return thrown instanceof SluiceError ? thrown : brokersFailed(doing, [{ broker, thrown }]);
}

/** An error code in an answer, as an error of ours. */
export function protocolFailure(doing: string, errorCode: number): SluiceError {
  if (isForbidden(errorCode)) return forbidden(doing, errorCode);
  const details = { kafkaError: errorName(errorCode) };
  if (isLeaderMoved(errorCode) || isTopicUnknown(errorCode) || errorCode === NONE) {
    const why =
      errorCode === NONE ? 'the brokers do not know it yet' : `the brokers keep answering ${errorName(errorCode)}`;
    return new SluiceError('KAFKA_UNREACHABLE', `${doing}: ${why}.`, {
      remedy: 'Check that enough brokers run for every partition to have a leader.',
      details,
    });
  }
  return new SluiceError('KAFKA_PROTOCOL', `${doing}: Kafka answered ${errorName(errorCode)}.`, {
    remedy: "The brokers' logs say more.",
    details,
  });
}

export function forbidden(doing: string, errorCode: number): SluiceError {
  return new SluiceError('KAFKA_AUTHENTICATION', `${doing}: Kafka does not allow it (${errorName(errorCode)}).`, {
    remedy: 'Grant the user of KAFKA_SASL_USERNAME the rights Describe and Read on the topic.',
    details: { kafkaError: errorName(errorCode) },
  });
}

function refusalOf(broker: BrokerAddress, thrown: unknown): { message: string; remedy: string } | undefined {
  const chain = [...causesOf(thrown)];
  const tls = chain.find(isTlsTrouble);
  if (tls) return { message: `TLS with broker ${broker} failed: ${tls.message}`, remedy: REMEDY_TLS };
  const sasl = chain.find((error) => error.code === 'PLT_KFK_AUTHENTICATION' || SASL_ERRORS.has(error.apiId ?? ''));
  if (sasl) {
    const said = chain.find((error) => error.serverErrorMessage)?.serverErrorMessage ?? sasl.message;
    return { message: `broker ${broker} refused the log-in: ${said}`, remedy: REMEDY_CREDENTIALS };
  }
  return undefined;
}

function isTlsTrouble(error: LibraryError): boolean {
  const code = error.code ?? '';
  return (
    TLS_CODES.has(code) ||
    code.startsWith('ERR_SSL_') ||
    code.startsWith('ERR_TLS_') ||
    /requires TLS|TLS handshake failed|before secure TLS connection/.test(error.message)
  );
}

/** The innermost reason in a few words. */
export function reasonOf(thrown: unknown): string {
  const chain = [...causesOf(thrown)];
  for (const error of chain) {
    const words = PLAIN_WORDS[error.code ?? ''];
    if (words) return words;
  }
  const innermost = chain.at(-1);
  return innermost ? innermost.message.replace(/\.$/, '') : String(thrown);
}

interface LibraryError extends Error {
  code?: string;
  apiId?: string;
  serverErrorMessage?: string | null;
  errors?: readonly unknown[];
}

function* causesOf(thrown: unknown): Generator<LibraryError> {
  if (!(thrown instanceof Error)) return;
  const error: LibraryError = thrown;
  yield error;
  if (Array.isArray(error.errors)) for (const inner of error.errors) yield* causesOf(inner);
  yield* causesOf(error.cause);
}
