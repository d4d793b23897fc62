import type { FailureKind, SetUpProblem } from '../domain.ts';
import type { ProviderError } from './provider-error.ts';

/** What an error of the provider comes to. */
export interface Meaning {
  kind: FailureKind;
  /** Which of the set-up's problems it is, or that the model's id is what is not known. */
  problem?: string;
}

const NO_BALANCE =
  /insufficient[\w ]{0,20}(quota|balance|fund|credit)|quota[\w ]{0,20}(insufficient|not[_ ]?enough|failed)|arrearage|credit balance|credits? (is|are|has been|have been) (depleted|exhausted|used up)|spending (cap|limit)|billing_disabled|billed users|额度不足|余额不足|额度已用尽|预扣费额度失败/i;
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

const MODEL_CODE = /\b(model_not_found|unknown_model)\b/i;
const MODEL_WORDS =
  /models?\b.{0,120}(not found|does not exist|not exist|no longer available|not supported for generatecontent)|模型.{0,120}不存在/i;
/** Of the distributors of gateways: nobody serves the model, for now or for good. */
const NO_CHANNEL = /no available channel|无可用渠道/i;
const NO_PRICE = /model_price_error|价格未配置/i;

/** Some gateways make an error of what the provider says as a refusal. */
const REFUSED_PROMPT =
  /prompt_blocked|content_policy|content_filter|prohibited_content|sensitive[_ ]words|responsible ai|(blocked|rejected|refused|flagged)\b.{0,60}\bsafety|safety (system|filter|polic|setting)/i;
const RATE_LIMIT = /(rate|quota)[_ ]?limit[_ ]?exceeded|too[_ ]many[_ ]requests/i;
const INVALID_REQUEST = /invalid_request|invalid_argument|bad_request|validation_error/i;

/** Statuses below 500 that mean "later" rather than "never". */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429, 499]);

export function meaningOf({ status, codes, message }: ProviderError): Meaning {
  const names = codes.join('\n');
  const said = `${names}\n${message}`;
  const isOurs = status !== null && status >= 500;
  // A complaint about the request may quote it: then only codes tell of the account. And only where
  // access is what is spoken of are words about a key or a model taken to be about ours.
  const isAboutRequest =
    status === null ? INVALID_REQUEST.test(names) : [400, 413, 422].includes(status);
  const isAboutAccess = status === null ? !isAboutRequest : [401, 403, 404].includes(status);
  const ofAccount = isAboutRequest ? names : said;

  if (
    status === 402 ||
    NO_BALANCE.test(ofAccount) ||
    BALANCE_SENTENCE.test(message) ||
    (status === 429 && NO_SHARE.test(message))
  ) {
    return misconfigured('balance');
  }
  if (NO_PRICE.test(ofAccount)) return misconfigured('price');
  if (
    KEY_CODE.test(names) ||
    KEY_SENTENCE.test(message) ||
    (isAboutAccess && KEY_WORDS.test(message))
  ) {
    return misconfigured('key');
  }
  if (isOurs && (MODEL_CODE.test(names) || NO_CHANNEL.test(message))) {
    // Gateways say the same of a model that nobody serves and of one whose servers are all down.
    return { kind: 'busy', problem: 'unknown_model' };
  }
  if (
    MODEL_CODE.test(names) ||
    (isAboutAccess && (MODEL_WORDS.test(message) || NO_CHANNEL.test(message)))
  ) {
    return misconfigured('unknown_model');
  }
  if (status === 404 || status === 405) {
    // Whoever speaks of no model has none: the address is another server's.
    const isKnown = /\bnot_found(_error)?\b/i.test(names) || /model|模型/i.test(message);
    return misconfigured(isKnown ? 'unknown_model' : 'address');
  }
  if (status === 401) return misconfigured('key');
  if (status === 403) {
    return RATE_LIMIT.test(said) ? { kind: 'busy' } : misconfigured('forbidden');
  }
  if (status !== 429 && REFUSED_PROMPT.test(said)) return { kind: 'refused_prompt' };
  // Google says so of a region or an account that may not use the model.
  if (codes.includes('FAILED_PRECONDITION')) return misconfigured('precondition');
  if (status === null) return { kind: INVALID_REQUEST.test(said) ? 'rejected' : 'busy' };
  if (status >= 300 && status < 400) return misconfigured('redirect');
  return { kind: isOurs || PASSING_STATUSES.has(status) ? 'busy' : 'rejected' };
}

function misconfigured(problem: SetUpProblem): Meaning {
  return { kind: 'misconfigured', problem };
}
