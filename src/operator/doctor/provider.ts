import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { costMicros } from '../../admission/cost.ts';
import type { Config } from '../../config.ts';
import { Failure, MODEL_LABELS, type ModelKey, type ProviderProblem } from '../../domain.ts';
import { createGemini } from '../../gemini/gemini.ts';
import { createModelIds } from '../../gemini/model-ids.ts';
import { createSpool } from '../../images/spool/spool.ts';
import { exactMoneyText } from '../../texts/amounts.ts';
import { type Finding, green, red, yellow } from './finding.ts';
import { probeModel } from './probe-model.ts';

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
  const ids = createModelIds(gemini.models);
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
