import type { RefusalKind } from '../../domain.ts';

/**
 * Refusals that a gateway tells as an error. The model's own answer says them in `finishReason` and
 * `blockReason`; a gateway puts the same names, or a sentence of its own, into an error of any
 * status. A complaint about the request may quote all of these, and is none.
 */

/** A refusal, or an answer without a picture, and the name that it goes by. */
export interface Refusal {
  kind: RefusalKind;
  reason?: string;
}

/**
 * The names of Google's enumerations FinishReason and BlockedReason, and of what they may grow to:
 * `IMAGE_SAFETY`, `PROHIBITED_CONTENT`, `IMAGE_RECITATION`, `BLOCKLIST`…
 */
const FAMILY = '(?:SAFETY|PROHIBITED_CONTENT|RECITATION|BLOCKLIST|SPII|JAILBREAK|MODEL_ARMOR)';
const NAME = `IMAGE_${FAMILY}(?:_[A-Z0-9]{1,20}){0,3}|${FAMILY}(?:_V?\\d{1,3})?|NO_IMAGE|IMAGE_OTHER`;
const IS_NAME = new RegExp(`^(?:${NAME})$`, 'i');

/** Where a name is given as what an answer ended with: `finishReason=…`, `block_reason: "…"`. */
const LABELLED = new RegExp(
  String.raw`\b(finish|stop|block(?:ed)?|safety)[ _-]?reason\b["')\]]{0,2}\s{0,3}(?:[:=]|is|was)?\s{0,3}["'([]{0,2}(?:FinishReason\.|BlockedReason\.)?(${NAME}|OTHER)(?![\w-])`,
  'i',
);

/** Where a name is what a sentence leads to: `blocked [NAME]`, `Gemini API error: NAME (…)`. */
const LED_TO = new RegExp(
  String.raw`(?:^|[:=([：]|\b(?:blocked|refused|rejected|filtered|stopped|flagged|declined|due to|because of|reason|error|by))["'([\s:=]{0,4}(${NAME})["')\]]{0,2}\s{0,3}(?=$|[.,;!(|}\n，。]|- )`,
);

/** A name, wherever it stands. */
const ANYWHERE = new RegExp(String.raw`(?<![\w"'“‘\`])(${NAME})(?![\w"'”’\`])`);

/** Words that only a complaint about the form of the request has. */
const COMPLAINT =
  /\b(invalid|unknown|unsupported|unrecognized|unexpected|illegal|bad) (value|argument|parameter|name|field|enum|key|type|json|request|option)|\b(parameter|argument|field|enum|property|threshold|category|categories)\b|not (a )?(valid|supported|allowed|recognized|permitted)|must be|should be|(allowed|permitted|accepted|expected|possible|valid) values?|one of|safety_?settings?|参数|字段|取值|枚举|格式/i;

/** Codes of gateways and of other makers' filters. */
const CODE =
  /^(prompt_blocked|content_(policy|filter|blocked|moderation|violation)\w*|\w*content_filter(ed)?|sensitive_?words?\w*|\w*sensitive_?content\w*|moderation_(blocked|failed|rejected|flagged)|\w*safety_(block|violation|error|filter)\w*|data_?inspection_?failed|responsible_?ai\w*)$/i;

/** Sentences of Google's and of gateways about what may not be asked for or shown. */
const SENTENCE =
  /\bprompt_blocked\b|content[_ ]policy|content[_ ]filter|sensitive[_ ]words|responsible ai|(blocked|rejected|refused|flagged|filtered)\b.{0,60}\b(safety|moderation)|safety (system|filter|polic)|violat\w{1,6} .{0,60}\b(polic|guideline|terms)|(contains?|for|due to|detected) (prohibited|inappropriate|unsafe|harmful|disallowed) (content|material|image)|(prohibited|inappropriate|unsafe|harmful|disallowed) (content|material|image) (was |is )?(detected|found)/i;

/** The same in Chinese; traditional characters are read as simplified ones. */
const CHINESE =
  /违规|违禁|内容(安全|审核|审查|过滤)|内容.{0,4}(不安全|不合规|不合法|被拦截|被屏蔽)|禁止的?内容|不符合.{0,12}(规范|政策|准则|规定)|(敏感|违法|不良|不当|不安全|色情|暴力)(的)?(内容|词|信息|图片|图像)|(涉及|包含|含有|存在|触发|检测到|命中).{0,12}(敏感|色情|暴力|风控)|(提示词|图片|图像|内容|输入|输出).{0,12}(敏感|不合规)|涉嫌?(违法|黄)|审核(未|不|没有)?(能)?(通过|失败|拒绝)|(未|不|没有)(能)?通过.{0,8}(审核|安全|审查)|安全(审核|过滤|审查|拦截|策略|政策)|违反.{0,20}(政策|规定|规范|准则|条款|法律|法规)|风控(拦截|拒绝)/;

/** Accounts are banned and slowed down for the same, and the service that looks for it may be down. */
const NO_REFUSAL =
  /(账号|账户|帐号|帐户|用户|令牌|密钥|渠道|IP).{0,12}(违规|违反|封禁|禁用|停用|冻结|限制)|服务.{0,6}(超时|不可用|繁忙|异常)|接口.{0,6}(失败|超时|不可用|繁忙|异常)|频繁|限流|\bservice\b.{0,30}\b(unavailable|timed out|timeout|down|overloaded|failed)\b|\b(account|api key|token|organization|project|access)\b.{0,60}\b(suspend|bann|disabl|terminat|revok|block|violat)/i;

const OF_THE_IMAGE =
  /\b(image|picture|output|result|candidate|response)s?\b.{0,60}\b(block|refus|reject|filter|violat|flag|contain|unsafe|sensitive)|\b(block|refus|reject|filter|flag)\w{0,6}\b.{0,40}\b(image|picture|output|result|candidate)|生成(的)?(图|内容|结果)|输出|出图|结果|(图片|图像).{0,12}(违规|敏感|审核|不合规)/i;
const OF_THE_PROMPT =
  /\b(prompt|input)s?\b|\brequest (was |has been |is )?(blocked|rejected|refused|flagged)|提示词|输入|参考图|上传/i;

/**
 * Words in quotes: what somebody asked for, and not what is said of it. A single word is none, nor
 * is an apostrophe or a value that Python printed a quote. The end of a long one may be cut off.
 */
const QUOTED =
  /"[^"\n]*(?:"|$)|“[^”\n]*(?:”|$)|「[^」\n]*(?:」|$)|‘[^’\n]*(?:’|$)|`[^`\n]*(?:`|$)|(?<=\w )'(?:[^'\n]|(?<=\w)'(?=\w))*'(?!\w)/g;
const SINGLE_WORD = /^.[\w.-]{0,80}.?$/;

/** A message without the words in it that are quoted. Its length must be bounded. */
export function withoutQuotes(message: string): string {
  return message.replace(QUOTED, (quoted) => (SINGLE_WORD.test(quoted) ? quoted : '""'));
}

/** Characters that both scripts write, as the patterns here need them. */
const TRADITIONAL = '違規內審過濾攔詞圖觸發檢測絕條範準則風輸結該異頻繁務號戶帳鍵黃險嚴';
const SIMPLIFIED = '违规内审过滤拦词图触发检测绝条范准则风输结该异频繁务号户帐键黄险严';
const IS_TRADITIONAL = new RegExp(`[${TRADITIONAL}]`, 'g');

function simplified(text: string): string {
  return text.replace(
    IS_TRADITIONAL,
    (character) => SIMPLIFIED[TRADITIONAL.indexOf(character)] ?? character,
  );
}

/**
 * The refusal that an error is; null when it is none.
 * @param codes every word that names the error
 * @param message the provider's words, of a bounded length
 * @param isAboutRequest by its status it may be a complaint about the form of the request
 * @param isBusy by its status there were too many requests
 */
export function refusalIn(
  { codes, message }: { codes: readonly string[]; message: string },
  { isAboutRequest, isBusy }: { isAboutRequest: boolean; isBusy: boolean },
): Refusal | null {
  const code = codes.find((name) => IS_NAME.test(name));
  if (code !== undefined) return ofName(code.toUpperCase(), '', message);
  const words = simplified(withoutQuotes(message));
  const isFiltered = codes.some((name) => CODE.test(name));
  const isComplaint = isAboutRequest && COMPLAINT.test(words);
  if (!isComplaint) {
    const [, label = '', labelled] = LABELLED.exec(words) ?? [];
    const name = labelled ?? LED_TO.exec(words)?.[1] ?? nameAnywhere(words, isAboutRequest);
    if (name !== null) return ofName(name.toUpperCase(), label.toLowerCase(), words);
  }
  const isRefusalSentence = CHINESE.test(words) || (!isBusy && SENTENCE.test(words));
  if (!isFiltered && (isComplaint || !isRefusalSentence || NO_REFUSAL.test(words))) return null;
  return { kind: isOfImage(words) ? 'refused_image' : 'refused_prompt' };
}

/** Only a complaint speaks of a name without meaning it; one of several words is nothing else. */
function nameAnywhere(words: string, isAboutRequest: boolean): string | null {
  const name = isAboutRequest ? undefined : ANYWHERE.exec(words)?.[1];
  return name?.includes('_') === true ? name : null;
}

/** @param label what the name was given as: `finish`, `block`, or '' */
function ofName(name: string, label: string, words: string): Refusal {
  const isOfAnswer = label === 'finish' || label === 'stop';
  const isNoImage =
    name === 'NO_IMAGE' || name === 'IMAGE_OTHER' || (name === 'OTHER' && isOfAnswer);
  if (isNoImage) return { kind: 'no_image', reason: name };
  const isUnlabelledImage = label === '' && (name.startsWith('IMAGE_') || isOfImage(words));
  const isImage = isOfAnswer || isUnlabelledImage;
  return { kind: isImage ? 'refused_image' : 'refused_prompt', reason: name };
}

function isOfImage(words: string): boolean {
  return OF_THE_IMAGE.test(words) && !OF_THE_PROMPT.test(words);
}
