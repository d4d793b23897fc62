import type { FailureReason, Problem } from '../../domain.ts';
import type { ProviderError } from './provider-error.ts';
import { refusalIn, withoutQuotes } from './refusal.ts';

/** What an error of the provider comes to. */
export type ErrorKind = FailureReason & {
  /** The name of a refusal, where it has one. */
  reason?: string;
};

const NO_BALANCE =
  /insufficient[\w ]{0,20}(quota|balance|fund|credit)|quota[\w ]{0,20}(insufficient|not[_ ]?enough|failed)|arrearage|credit balance|credits? (is|are|has been|have been) (depleted|exhausted|used up)|spending (cap|limit)|billing[_ ](account )?((is |has been |to be )?(disabled|not[_ ](active|enabled)|closed|enabled)|hard[_ ]limit)|billed users|额度不足|余额不足|欠费|额度已用尽|预扣费额度失败/i;
/** The same where the request is what is spoken of: only as a sentence that quotes nothing. */
const BALANCE_SENTENCE =
  /^(insufficient (account )?balance|your credit balance|[\w ]{0,40}only accessible to billed users)/i;
/** Google's free tier has no share in some models; no wait mends it, though it names one. */
const NO_SHARE = /\blimit: 0(?![\d.,]*\d)/;

const KEY_CODE = /\b(api_key_invalid|api_key_expired|invalid_api_key)\b/i;
/** Google's own sentence, which is a 400 and comes without its code now and then. */
const KEY_SENTENCE = /^api key (not valid|not found|expired)/i;
const KEY_WORDS =
  /api key (not valid|not found|expired|(was|has been) (reported|revoked|blocked|disabled))|(invalid|incorrect) (api )?(key|token)\b(?! count)|无效的令牌/i;

/** What only the owner of a key is told of it, by whoever passes it on, with whatever status. */
const KEY_NOTICE =
  /(^|[:\],]\s{0,3}(\d{3}\s{1,3})?)((your )?api key (not valid|not found|expired|(was|has been) (reported as leaked|revoked|disabled|suspended))\s{0,3}($|[.,;(])|invalid api[ _-]key)|(密钥|令牌|key).{0,6}(已)?(泄露|失效|过期|无效)/i;

/** Google's names and sentences for an access that is not granted, whatever the model. */
const FORBIDDEN_CODE =
  /\b(IAM_PERMISSION_DENIED|SERVICE_DISABLED|ACCESS_TOKEN_SCOPE_INSUFFICIENT|CONSUMER_(INVALID|SUSPENDED)|USER_PROJECT_DENIED|API_KEY_\w{1,20}_BLOCKED)\b/;
const FORBIDDEN_WORDS =
  /permission '[^'\n]{1,100}' denied|has not been used in project .{1,80} before or it is disabled|\bapi (is|has) not (been )?enabled|consumer .{1,80} (has been |is )?suspended/i;

/** Google's sentence and those of others, who may pass it on with any status. */
const LOCATION =
  /user location is not supported|country, region, or territory (is )?not supported|not (supported|available) in your (country|region|location)|your (country|region|location) is not (supported|available)|unsupported_country_region|(地区|区域|国家).{0,6}(不支持|不可用|受限)/i;

const MODEL_CODE = /\b(model_not_found|unknown_model)\b/i;
const MODEL_WORDS =
  /models?\b.{0,120}(not found|does not exist|not exist|no longer available|not supported for generatecontent)|模型.{0,120}不存在/i;
/** Of the distributors of gateways: nobody serves the model, for now or for good. */
const NO_CHANNEL = /no available channel|无可用渠道/i;
const NO_PRICE = /model_price_error|价格未配置/i;

const RATE_LIMIT = /(rate|quota)[_ ]?limit|too[_ ]many[_ ]requests|quota[_ ]exceeded/i;
const INVALID_REQUEST = /invalid_request|invalid_argument|bad_request|validation_error/i;

/** Statuses below 500 that mean "later" rather than "never". */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429, 499]);

export function kindOfProviderError(error: ProviderError): ErrorKind {
  const { status, codes, message } = error;
  const names = codes.join('\n');
  const isServerError = status !== null && status >= 500;
  // A complaint about the request may quote it: then only codes tell of the account. And only where
  // access is what is spoken of are words about a key or a model taken to be about ours.
  const isAboutRequest =
    status === null ? INVALID_REQUEST.test(names) : [400, 413, 422].includes(status);
  const isAboutAccess = status === null ? !isAboutRequest : [401, 403, 404].includes(status);

  const refusal = refusalIn(error, { isAboutRequest, isBusy: status === 429 });
  if (refusal !== null) return { ...refusal, details: {} };
  const problem = problemOf(error, { names, isAboutRequest, isAboutAccess });
  if (problem !== null) return misconfigured(problem);
  if (isServerError && (MODEL_CODE.test(names) || NO_CHANNEL.test(message))) {
    // Gateways say the same of a model that nobody serves and of one whose servers are all down.
    return busy('unknown_model');
  }
  if (
    MODEL_CODE.test(names) ||
    (isAboutAccess && (MODEL_WORDS.test(message) || NO_CHANNEL.test(message)))
  ) {
    return misconfigured('unknown_model');
  }
  if (status === 404 || status === 405 || status === 410) {
    // Whoever speaks of no model has none: the address is another server's.
    const isKnown = /\bnot_found(_error)?\b/i.test(names) || /model|模型/i.test(message);
    return misconfigured(isKnown ? 'unknown_model' : 'address');
  }
  if (status === 401) return misconfigured('key');
  const isLimit = RATE_LIMIT.test(`${names}\n${message}`) || isOfTheDay(error);
  if (status === 403 && !isLimit) return misconfigured('forbidden');
  if (isOfTheDay(error)) return busy('daily_limit');
  if (status === 403) return busy();
  // Google says so of a region or an account that may not use the model.
  if (codes.includes('FAILED_PRECONDITION')) return misconfigured('precondition');
  if (status === null) {
    return INVALID_REQUEST.test(`${names}\n${message}`) ? REJECTED : busy();
  }
  if (status >= 300 && status < 400) return misconfigured('redirect');
  return isServerError || PASSING_STATUSES.has(status) ? busy() : REJECTED;
}

/** What is wrong with the set-up, where the words or codes name it, whatever the status. */
function problemOf(
  { status, message, quota }: ProviderError,
  about: { names: string; isAboutRequest: boolean; isAboutAccess: boolean },
): Problem<'misconfigured'> | null {
  const { names, isAboutRequest, isAboutAccess } = about;
  const unquoted = withoutQuotes(message);
  const ofAccount = isAboutRequest ? names : `${names}\n${message}`;
  if (
    status === 402 ||
    NO_BALANCE.test(ofAccount) ||
    BALANCE_SENTENCE.test(message) ||
    (status === 429 && NO_SHARE.test(message))
  ) {
    return 'balance';
  }
  if (quota === 'none') return 'quota';
  if (NO_PRICE.test(ofAccount)) return 'price';
  if (
    KEY_CODE.test(names) ||
    KEY_SENTENCE.test(message) ||
    KEY_NOTICE.test(unquoted) ||
    (isAboutAccess && KEY_WORDS.test(message))
  ) {
    return 'key';
  }
  if (FORBIDDEN_CODE.test(names) || (!isAboutRequest && FORBIDDEN_WORDS.test(message))) {
    return 'forbidden';
  }
  return LOCATION.test(names) || LOCATION.test(unquoted) ? 'precondition' : null;
}

/** A wait that is longer than this is no pause between two requests. */
const LONG_WAIT_MS = 60_000;
const DAY =
  /per[ _-]?day|daily ?(limit|quota|request)|(每日|每天|当日|今日).{0,8}(限|额|次数|上限)/i;

/**
 * Whether a limit of a whole day is used up. The names of quotas say so of limits too that free
 * within seconds; then the time that was asked for is what counts.
 */
function isOfTheDay({ codes, message, quota, retryAfterMs }: ProviderError): boolean {
  if (quota !== 'day' && !DAY.test(`${message}\n${codes.join('\n')}`)) return false;
  return retryAfterMs === null || retryAfterMs > LONG_WAIT_MS;
}

const REJECTED: ErrorKind = { kind: 'rejected', details: {} };

function busy(problem?: Problem<'busy'>): ErrorKind {
  return { kind: 'busy', details: problem === undefined ? {} : { problem } };
}

function misconfigured(problem: Problem<'misconfigured'>): ErrorKind {
  return { kind: 'misconfigured', details: { problem } };
}
