import type { Config } from '../../config.ts';
import { Failure } from '../../domain.ts';
import { classifyProviderError, createRedact, type Redact } from '../../gemini/errors/classify.ts';
import { findErrorIn, readErrorBody } from '../../gemini/errors/error-body.ts';
import type { ProviderError } from '../../gemini/errors/provider-error.ts';
import { buildRequest } from '../../gemini/request.ts';
import { networkReason } from './finding.ts';

const TIMEOUT_MS = 20_000;
const ANSWER_CHARS = 65_536;

/**
 * Sends a model an empty request, which is refused for its form, after the key and the model were
 * looked at and before anything is made. Returns what the refusal means: `rejected` is the good
 * one, and the problem `address` says that no such service answered.
 */
export async function probeModel(modelId: string, gemini: Config['gemini']): Promise<Failure> {
  const empty = { id: 'doctor', model: 'flash', prompt: '', ratio: null, size: '1K' } as const;
  const wire = buildRequest({ ...empty, references: [] }, { ...gemini, modelId });
  const { 'content-length': _, ...headers } = wire.headers;
  try {
    const response = await fetch(wire.origin + wire.path, {
      method: 'POST',
      headers,
      body: '{"contents":[]}',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = (await response.text()).slice(0, ANSWER_CHARS);
    return classifyResponse(response, text, createRedact(gemini.apiKey));
  } catch (error) {
    const reason = networkReason(error);
    const isTls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(reason);
    return isTls
      ? new Failure('misconfigured', reason, { details: { problem: 'tls' } })
      : new Failure('busy', reason, { details: { problem: 'no_connection' } });
  }
}

/** A member of the model's answers, in either spelling. */
const MODEL_ANSWER = /"(candidates|prompt_?feedback|usage_?metadata)"\s*:/i;

function classifyResponse(
  { ok, status }: { ok: boolean; status: number },
  text: string,
  redact: Redact,
) {
  const error = ok ? findErrorIn(text) : readErrorBody(status, text);
  if (error !== null) {
    const failure = classifyProviderError(error, redact);
    return failure.kind === 'rejected' && !namesMissingPart(error)
      ? notModelApi(status, failure.details.words)
      : failure;
  }
  if (!MODEL_ANSWER.test(text)) return notModelApi(status);
  return new Failure('no_image', 'an empty request was answered');
}

/** Any server may answer 400; only the model's knows what an empty request lacks. */
function namesMissingPart({ status, codes, message }: ProviderError): boolean {
  return (
    (status === null || status === 400 || status === 422) &&
    (/invalid_(request|argument)/i.test(codes.join(' ')) ||
      /\b(contents|messages|prompt|parts)\b/i.test(message))
  );
}

function notModelApi(status: number, words?: string): Failure {
  const details = {
    problem: 'address' as const,
    status,
    ...(words === undefined ? {} : { words }),
  };
  return new Failure('misconfigured', 'not the model’s API', { details });
}
