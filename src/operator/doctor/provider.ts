import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { costMicros } from '../../admission/cost.ts';
import type { Config } from '../../config.ts';
import { Failure, MODEL_LABELS, type ModelKey, type ProviderProblem } from '../../domain.ts';
import { classifyProviderError, createRedact, type Redact } from '../../gemini/errors/classify.ts';
import { findErrorIn, readErrorBody } from '../../gemini/errors/error-body.ts';
import type { ProviderError } from '../../gemini/errors/provider-error.ts';
import { createGemini } from '../../gemini/gemini.ts';
import { ModelIds } from '../../gemini/model-ids.ts';
import { buildRequest } from '../../gemini/request.ts';
import { DiskSpool } from '../../images/spool/spool.ts';
import { exactMoneyText } from '../../texts/amounts.ts';
import { type Finding, green, networkReason, red, yellow } from './finding.ts';

const TIMEOUT_MS = 20_000;
const ANSWER_CHARS = 65_536;
/** Of a foreign answer, enough to know it by. */
const WORDS_LENGTH = 100;

/** What to do about each of the problems that `Failure` names. */
const HINTS: Readonly<Record<string, string>> = {
  key: 'Set ANYFAST_API_KEY to a key of https://www.anyfast.ai (console, group "Direct").',
  balance: 'Top up the balance of the account.',
  quota: 'The quota of this model is 0 there: ask for one, or set FLASH_MODEL_ID or PRO_MODEL_ID.',
  daily_limit: 'The provider’s limit of a day is used up: raise it, or wait for the next day.',
  forbidden: 'Give the key the group "Direct", and the right to use this model.',
  precondition: 'The account or its region may not use this model.',
  unknown_model: 'Set FLASH_MODEL_ID or PRO_MODEL_ID to a name that the provider knows.',
  price:
    'The gateway has no price for this model: ask its administrator, or set FLASH_MODEL_ID or PRO_MODEL_ID to one that has.',
  address:
    'Correct ANYFAST_BASE_URL, without /v1beta behind it; or is a proxy or a log-in page in between?',
  redirect: 'Correct ANYFAST_BASE_URL: it leads elsewhere.',
  tls: 'Its certificate is not trusted: check ANYFAST_BASE_URL and the machine’s clock.',
} satisfies Record<ProviderProblem, string>;

/** Asks each model that is in use for nothing at all, which costs nothing. */
export async function checkProvider(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const model of config.limits.defaults.models) {
    findings.push(await checkModel(model, config));
  }
  return findings;
}

async function checkModel(model: ModelKey, { gemini }: Config): Promise<Finding> {
  const ids = new ModelIds(gemini.models);
  const subject = MODEL_LABELS[model];
  const id = ids.pick(model);
  const failure = await probeModel(id, gemini);
  const successor = ids.pick(model, new Map([[id, failure]]));
  if (failure.details.problem === 'unknown_model' && successor !== id) {
    const second = await probeModel(successor, gemini);
    if (second.kind === 'rejected') {
      const hint = `Darkroom does so by itself; set ${model.toUpperCase()}_MODEL_ID=${successor} to be quiet about it.`;
      return yellow(subject, `${id} is gone; its successor ${successor} answers`, hint);
    }
  }
  return describe(subject, id, failure);
}

function describe(subject: string, id: string, { kind, details }: Failure): Finding {
  const { status, words } = details;
  const isAnswered = kind === 'no_image' && status === undefined;
  const problem = details.problem ?? (isAnswered ? 'answers an empty request' : kind);
  const said = status === undefined ? problem : `${problem}, HTTP ${status}`;
  if (kind === 'rejected') {
    return green(subject, `${id}: the key and the model are accepted (asked for nothing, cost: 0)`);
  }
  if (problem === 'address') {
    const answer = [status && `HTTP ${status}`, words && `“${words.slice(0, WORDS_LENGTH)}”`];
    const heard = answer.filter(Boolean).join(', ') || 'a page';
    const message = `what answers at ANYFAST_BASE_URL is not the model’s API (${heard})`;
    return red(subject, message, HINTS[problem]);
  }
  if (problem === 'no_connection') {
    const hint = 'Check the network, and ANYFAST_BASE_URL if you set it.';
    return red(subject, 'the provider cannot be reached', hint);
  }
  if (kind === 'misconfigured') {
    return red(subject, `${id}: the provider refuses (${said})`, HINTS[problem]);
  }
  if (problem === 'unknown_model') {
    const hint = `It may pass; if it does not: ${HINTS[problem]}`;
    return red(subject, `${id}: nobody serves it there (HTTP ${status})`, hint);
  }
  if (problem === 'daily_limit') {
    return red(subject, `${id}: no more for today (HTTP ${status})`, HINTS[problem]);
  }
  const hint = 'Ask again later, or make a picture: npm run doctor -- --paid.';
  return yellow(subject, `${id}: cannot be told now (${said})`, hint);
}

/**
 * Sends a model an empty request, which is refused for its form, after the key and the model were
 * looked at and before anything is made. Returns what the refusal means: `rejected` is the good
 * one, and the problem `address` says that no such service answered.
 */
async function probeModel(modelId: string, gemini: Config['gemini']): Promise<Failure> {
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

/** Makes one small picture with each model that is in use. This costs money. */
export async function checkByPicture(config: Config): Promise<Finding[]> {
  const directory = await mkdtemp(join(tmpdir(), 'darkroom-doctor-'));
  const spool = new DiskSpool({ directory, maxBytes: config.spool.maxBytes });
  const log = pino({ level: 'silent' });
  const gemini = createGemini({ ...config.gemini, spool, log, limits: { attempts: 2 } });
  const findings: Finding[] = [];
  try {
    for (const model of config.limits.defaults.models) {
      const subject = `${MODEL_LABELS[model]}, a picture`;
      const beganAt = Date.now();
      try {
        const events = gemini.generate(
          {
            id: 'doctor',
            model,
            prompt: 'a small red circle on white',
            ratio: '1:1',
            size: '1K',
            references: [],
          },
          { signal: new AbortController().signal },
        );
        for await (const event of events) {
          if (event.type !== 'outcome') continue;
          const { image, usage } = event;
          const cost = costMicros(model, usage, config.prices);
          const price = cost === null ? 'price not set' : exactMoneyText(cost);
          findings.push(
            green(
              subject,
              `${image.width}×${image.height} in ${Math.round((Date.now() - beganAt) / 1_000)} s; it cost ${usage?.totalTokens ?? '?'} tokens (${price})`,
            ),
          );
        }
      } catch (error) {
        const { kind, details } = error instanceof Failure ? error : new Failure('internal', '');
        const problem = details.problem ?? kind;
        findings.push(red(subject, `none came (${kind}: ${problem})`, HINTS[problem]));
      }
    }
  } finally {
    await gemini.close();
    await rm(directory, { recursive: true, force: true });
  }
  return findings;
}
