import type { SecretRef } from '../domain/connections.ts';
import { AppError, messageOf } from '../errors.ts';
import { resolveSecret } from './secrets.ts';

interface AwsConnection {
  readonly region: string;
  readonly endpoint?: string | undefined;
  readonly accessKeyId?: SecretRef | undefined;
  readonly secretAccessKey?: SecretRef | undefined;
}

/** Client settings of one connection. Without keys in the connection the machine's own role is used. */
export function awsSettings({ region, endpoint, accessKeyId, secretAccessKey }: AwsConnection) {
  const keys =
    accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: resolveSecret(accessKeyId),
            secretAccessKey: resolveSecret(secretAccessKey),
          },
        };
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...keys,
    maxAttempts: 3,
    // Until the answer begins; a body that stalls later is its reader's matter.
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  };
}

/** What AWS answered, without the text of the request: a status (0 when there was no answer) and its name. */
export interface AwsFault {
  readonly status: number;
  readonly name: string;
}

export function awsFault(error: unknown): AwsFault {
  if (!(error instanceof Error)) return { status: 0, name: messageOf(error) };
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const status =
    metadata instanceof Object && 'httpStatusCode' in metadata ? Number(metadata.httpStatusCode) || 0 : 0;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { status, name: code };
}

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);

/** The same two sentences for every AWS service: away for now, or refused until somebody changes something. */
export function awsError(system: string, error: unknown): AppError {
  const { status, name } = awsFault(error);
  if (NO_CREDENTIALS.has(name))
    return new AppError(
      'outside-refused',
      `There are no AWS credentials for ${system}. Give the bot's machine a role, or add accessKeyId and secretAccessKey in connections.yml.`,
      { cause: error },
    );
  if (status >= 400 && status < 500 && status !== 408 && status !== 429)
    return new AppError(
      'outside-refused',
      `${system} refuses (${name}, HTTP ${status}). Check the name and the bot's rights in connections.yml and IAM.`,
      { cause: error },
    );
  return new AppError(
    'outside-unreachable',
    `${system} does not answer${status === 0 ? '' : ` (HTTP ${status})`}: ${name}. It is tried again; check the network and the service's status page.`,
    { retry: 'later', cause: error },
  );
}
