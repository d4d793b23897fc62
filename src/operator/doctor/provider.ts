import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Config } from '../../config.ts';
import { Failure, MODEL_LABELS, type ModelKey } from '../../domain.ts';
import { createModelIds } from '../../gemini/catalogue.ts';
import { classifyProviderError, createRedact } from '../../gemini/errors.ts';
import { createGemini } from '../../gemini/gemini.ts';
import { readProviderError } from '../../gemini/provider-error.ts';
import { buildRequest } from '../../gemini/request.ts';
import { costMicros } from '../../generation/cost.ts';
import { createSpool } from '../../images/spool.ts';
import { type Finding, green, reasonOf, red, yellow } from './finding.ts';

const TIMEOUT_MS = 20_000;
const ERROR_CHARS = 65_536;

/** What to do about each of the problems that `Failure` names. */
const ADVICE: Record<string, string> = {
  key: 'Set ANYFAST_API_KEY to a key of https://www.anyfast.ai (console, group "Direct").',
  balance: 'Top up the balance of the account.',
  forbidden: 'Give the key the group "Direct", and the right to use this model.',
  precondition: 'The account or its region may not use this model.',
  unknown_model: 'Set FLASH_MODEL_ID or PRO_MODEL_ID to a name that the provider knows.',
  redirect: 'Correct ANYFAST_BASE_URL: it leads elsewhere.',
  tls: 'Its certificate is not trusted: check ANYFAST_BASE_URL and the machine’s clock.',
};

/**
 * Asks each model that is in use for nothing at all: an empty request is refused by its form, after
 * the key and the model were looked at and before anything is made, so it costs nothing.
 */
export async function checkProvider(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const model of config.limits.defaults.models) {
    findings.push(await checkModel(model, config));
  }
  return findings;
}

async function checkModel(model: ModelKey, { gemini }: Config): Promise<Finding> {
  const ids = createModelIds(gemini.models);
  const subject = MODEL_LABELS[model];
  const id = ids.current(model);
  const failure = await askForNothing(id, gemini);
  if (failure.details.problem === 'unknown_model' && ids.replace(model, id).useful) {
    const successor = ids.current(model);
    const second = await askForNothing(successor, gemini);
    if (second.kind === 'rejected') {
      const advice = `Darkroom does so by itself; set ${model.toUpperCase()}_MODEL_ID=${successor} to be quiet about it.`;
      return yellow(subject, `${id} is gone; its successor ${successor} answers`, advice);
    }
  }
  return describe(subject, id, failure);
}

function describe(subject: string, id: string, { kind, details }: Failure): Finding {
  if (kind === 'rejected') {
    return green(subject, `${id}: the key and the model are accepted (asked for nothing, cost: 0)`);
  }
  const { problem = kind, status } = details;
  const said = status === undefined ? problem : `${problem}, HTTP ${status}`;
  if (kind === 'misconfigured') {
    return red(subject, `${id}: the provider refuses (${said})`, ADVICE[problem] ?? ADVICE['key']);
  }
  if (problem === 'no_connection') {
    const advice = 'Check the network, and ANYFAST_BASE_URL if you set it.';
    return red(subject, 'the provider cannot be reached', advice);
  }
  const advice = 'Ask again later, or make a picture: npm run doctor -- --paid.';
  return yellow(subject, `${id}: cannot be told now (${said})`, advice);
}

/** Returns what the refusal means; `rejected` is the good one. */
async function askForNothing(modelId: string, gemini: Config['gemini']): Promise<Failure> {
  const redact = createRedact(gemini.apiKey);
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
    const text = (await response.text()).slice(0, ERROR_CHARS);
    const error = readProviderError(parse(text), !response.ok);
    if (response.ok && error === null) {
      return new Failure('no_image', 'an empty request was answered', {
        details: { problem: 'answers an empty request' },
      });
    }
    return classifyProviderError(
      {
        status: error?.status ?? response.status,
        codes: error?.codes ?? [],
        message: error?.message ?? '',
        retryAfterMs: null,
      },
      redact,
    );
  } catch (error) {
    const reason = reasonOf(error);
    const isTls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(reason);
    return isTls
      ? new Failure('misconfigured', reason, { details: { problem: 'tls' } })
      : new Failure('busy', reason, { details: { problem: 'no_connection' } });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\s*data:/, ''));
  } catch {
    return null;
  }
}

/** Makes one small picture with each model that is in use. This costs money. */
export async function checkByPicture(config: Config): Promise<Finding[]> {
  const directory = await mkdtemp(join(tmpdir(), 'darkroom-doctor-'));
  const spool = createSpool({ directory, maxBytes: config.spool.maxBytes });
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
          const price = cost === null ? 'price not set' : `$${(cost / 1_000_000).toFixed(4)}`;
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
        findings.push(red(subject, `none came (${kind}: ${problem})`, ADVICE[problem]));
      }
    }
  } finally {
    await gemini.close();
    await rm(directory, { recursive: true, force: true });
  }
  return findings;
}
