/** What Discord refuses in a message beyond its schemas. */
import type { FormReport } from './form-errors.ts';
import { required, tooLong } from './form-errors.ts';

/** A message's body as far as these checks read it; the schema has seen it before. */
export interface MessageBody {
  content?: string | null;
  embeds?: EmbedBody[] | null;
  components?: ComponentBody[] | null;
  attachments?: { id: string | number; filename?: string; description?: string | null }[] | null;
  flags?: number | null;
  tts?: boolean | null;
  allowed_mentions?: {
    parse?: string[];
    users?: string[];
    roles?: string[];
    replied_user?: boolean;
  } | null;
  nonce?: string | number | null;
  enforce_nonce?: boolean | null;
  message_reference?: { message_id: string; fail_if_not_exists?: boolean } | null;
}

interface EmbedBody {
  title?: string | null;
  description?: string | null;
  url?: string | null;
  timestamp?: string | null;
  color?: number | null;
  footer?: { text?: string | null; icon_url?: string | null } | null;
  author?: { name?: string | null; url?: string | null; icon_url?: string | null } | null;
  image?: { url?: string | null } | null;
  thumbnail?: { url?: string | null } | null;
  fields?: { name?: string | null; value?: string | null; inline?: boolean | null }[] | null;
}

/** A component of any type, as far as these checks read it. */
export interface ComponentBody {
  type: number;
  id?: number;
  components?: ComponentBody[];
  component?: ComponentBody;
  accessory?: ComponentBody;
  custom_id?: string;
  style?: number;
  label?: string;
  emoji?: unknown;
  url?: string;
  sku_id?: string;
  disabled?: boolean;
  required?: boolean;
  options?: { label: string; value: string; default?: boolean }[];
  min_values?: number;
  max_values?: number;
  min_length?: number;
  max_length?: number;
  value?: string;
  file_types?: string[] | null;
}

/** Discord's message flags that matter here. */
export const MessageFlag = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  componentsV2: 1 << 15,
} as const;

/** What a bot may write; the OpenAPI file has 4000 in channels, which paying people may. */
const CONTENT = 2_000;

/** All embeds of one message together, in characters. Missing in the OpenAPI file. */
const EMBEDS_TOTAL = 6_000;

/** Adds what is wrong to the report; the schema must have passed before. */
export function checkMessage(body: MessageBody, report: FormReport): void {
  const componentsV2 = ((body.flags ?? 0) & MessageFlag.componentsV2) !== 0;
  if (componentsV2) {
    for (const member of ['content', 'embeds'] as const) {
      if (body[member]?.length) {
        report.add(
          [member],
          'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
          `The '${member}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
        );
      }
    }
  }
  if ([...(body.content ?? '')].length > CONTENT) tooLong(report, ['content'], CONTENT);
  checkMentions(body, report);
  checkEmbeds(body.embeds ?? [], report);
  checkComponents(body.components ?? [], componentsV2, report);
}

function checkMentions({ allowed_mentions: allowed }: MessageBody, report: FormReport): void {
  for (const kind of ['users', 'roles'] as const) {
    if (!allowed?.[kind]?.length || !allowed.parse?.includes(kind)) continue;
    const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
    const code = 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE';
    report.add(['allowed_mentions'], code, message);
  }
}

function checkEmbeds(embeds: EmbedBody[], report: FormReport): void {
  let total = 0;
  const count = (text: string | null | undefined) => {
    total += text ? [...text].length : 0;
  };
  embeds.forEach((embed, index) => {
    count(embed.title);
    count(embed.description);
    count(embed.footer?.text);
    count(embed.author?.name);
    embed.fields?.forEach((field, fieldIndex) => {
      count(field.name);
      count(field.value);
      const path = ['embeds', index, 'fields', fieldIndex];
      if (!field.name?.trim()) required(report, [...path, 'name']);
      if (!field.value?.trim()) required(report, [...path, 'value']);
    });
    if (embed.footer && !embed.footer.text?.trim() && !embed.footer.icon_url) {
      required(report, ['embeds', index, 'footer', 'text']);
    }
    const shows = [embed.title, embed.description, embed.footer?.text, embed.author?.name];
    // Discord names the description where an embed has nothing to show.
    const picture = embed.image?.url ?? embed.thumbnail?.url;
    if (!shows.some((text) => text?.trim()) && !picture && !embed.fields?.length) {
      required(report, ['embeds', index, 'description']);
    }
    for (const member of ['image', 'thumbnail'] as const) {
      checkAddress(embed[member]?.url, ['embeds', index, member, 'url'], report);
    }
    checkAddress(embed.footer?.icon_url, ['embeds', index, 'footer', 'icon_url'], report);
    checkAddress(embed.author?.icon_url, ['embeds', index, 'author', 'icon_url'], report);
  });
  if (total > EMBEDS_TOTAL) {
    const message = `Embed size exceeds maximum size of ${EMBEDS_TOTAL}`;
    report.add(['embeds'], 'MAX_EMBED_SIZE_EXCEEDED', message);
  }
}

/** The schema lets any scheme pass that makes a URL. */
function checkAddress(
  url: string | null | undefined,
  path: readonly PropertyKey[],
  report: FormReport,
): void {
  if (!url || /^(https?|attachment):\/\//.test(url)) return;
  const scheme = url.split(':')[0];
  const message = `Scheme "${scheme}" is not supported. Scheme must be one of ('http', 'https', 'attachment').`;
  report.add(path, 'URL_TYPE_INVALID_SCHEME', message);
}

function checkComponents(rows: ComponentBody[], componentsV2: boolean, report: FormReport): void {
  if (!componentsV2) {
    if (rows.length > 5) tooLong(report, ['components'], 5);
    rows.forEach((row, index) => {
      if (row.type === 1) return;
      const message = 'Value of field "type" must be one of (1,).';
      report.add(['components', index, 'type'], 'UNION_TYPE_CHOICES', message);
    });
  }
  const seen = new Set<string>();
  walkComponents(rows, ['components'], (component, path) => {
    if (component.type === 1) checkRow(component, path, report);
    if (component.type === 2) checkButton(component, path, report);
    if (component.type === 3) checkSelect(component, path, report);
    checkUniqueId(component, path, seen, report);
  });
}

/** Visits every component of a message or modal, whatever holds it. */
export function walkComponents(
  components: readonly ComponentBody[],
  path: readonly PropertyKey[],
  visit: (component: ComponentBody, path: readonly PropertyKey[]) => void,
): void {
  components.forEach((component, index) => {
    const here = [...path, index];
    visit(component, here);
    walkComponents(component.components ?? [], [...here, 'components'], visit);
    for (const single of ['component', 'accessory'] as const) {
      const inner = component[single];
      if (inner === undefined) continue;
      visit(inner, [...here, single]);
    }
  });
}

/** A custom_id may stand once on a message or form. */
export function checkUniqueId(
  component: ComponentBody,
  path: readonly PropertyKey[],
  seen: Set<string>,
  report: FormReport,
): void {
  const { custom_id: customId } = component;
  if (!customId) return;
  if (seen.has(customId)) {
    const message = 'Component custom id cannot be duplicated';
    report.add([...path, 'custom_id'], 'COMPONENT_CUSTOM_ID_DUPLICATED', message);
  }
  seen.add(customId);
}

/** Buttons stand five to a row, everything else alone. */
function checkRow(row: ComponentBody, path: readonly PropertyKey[], report: FormReport): void {
  const inner = row.components ?? [];
  const wide = inner.filter((component) => component.type !== 2);
  if (wide.length > 0 && inner.length > 1) {
    const message = 'The specified component exceeds the maximum width';
    report.add([...path, 'components'], 'COMPONENT_LAYOUT_WIDTH_EXCEEDED', message);
  }
}

/** Button styles with rules of their own. */
const LINK = 5;
const PREMIUM = 6;

function checkButton(
  button: ComponentBody,
  path: readonly PropertyKey[],
  report: FormReport,
): void {
  if (button.style === LINK) {
    if (!button.url) required(report, [...path, 'url']);
    if (button.custom_id) {
      const message = 'A custom id and url cannot both be specified';
      report.add(
        [...path, 'custom_id'],
        'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE',
        message,
      );
    }
  } else if (button.style !== PREMIUM) {
    if (button.url) {
      const message = 'A url can only be specified for a link button';
      report.add([...path, 'url'], 'BUTTON_COMPONENT_INVALID_URL', message);
    }
    if (!button.custom_id) required(report, [...path, 'custom_id']);
  }
  if (button.style !== PREMIUM && !button.label && !button.emoji)
    required(report, [...path, 'label']);
}

/** A string select's options must differ, and there must be enough of them. */
export function checkSelect(
  select: ComponentBody,
  path: readonly PropertyKey[],
  report: FormReport,
): void {
  const options = select.options ?? [];
  const seen = new Set<string>();
  options.forEach((option, index) => {
    if (seen.has(option.value)) {
      const message = 'The specified option value is already used';
      const place = [...path, 'options', index, 'value'];
      report.add(place, 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', message);
    }
    seen.add(option.value);
  });
  if ((select.max_values ?? 0) > options.length) {
    const message = `Must be ${options.length} or fewer.`;
    report.add([...path, 'max_values'], 'SELECT_COMPONENT_MAX_VALUES_TOO_BIG', message);
  }
}
