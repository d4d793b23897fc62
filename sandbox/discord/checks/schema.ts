/** Discord's own schemas (made from its OpenAPI file) applied to a body. */
import { type $ZodIssue, type $ZodType, safeParse } from 'zod/v4/core';
import { createFormReport, type FormReport, type Path, required } from './form-errors.ts';

/**
 * Adds to the report what the schema has against the body. Unknown members are let through, as
 * Discord lets them.
 */
export function checkSchema(schema: $ZodType, body: unknown, report: FormReport): void {
  const result = safeParse(schema, normalize(body));
  if (result.success) return;
  for (const issue of result.error.issues) explain(issue, [], body, report);
}

/** The same for a whole body with nothing else to check; throws 400 / 50035. */
export function assertSchema(schema: $ZodType, body: unknown): void {
  const report = createFormReport();
  checkSchema(schema, body, report);
  report.throwIfAny();
}

/**
 * What Discord takes though its OpenAPI file says otherwise: numbers for the ids of attachments,
 * texts for permissions, times with an offset. `holder` is the member that the value stands in.
 */
function normalize(value: unknown, name = '', holder = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => normalize(item, name, holder));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, normalize(item, key, name)]));
  }
  if (name === 'id' && holder === 'attachments' && typeof value === 'number') return String(value);
  if (typeof value !== 'string') return value;
  if (name === 'default_member_permissions') return Number(value);
  const isTime = name === 'timestamp' && !Number.isNaN(Date.parse(value));
  return isTime ? new Date(value).toISOString() : value;
}

function explain(issue: $ZodIssue, before: Path, body: unknown, report: FormReport): void {
  const path = [...before, ...issue.path];
  const value = path.reduce<unknown>(
    (place, key) => (place as Record<PropertyKey, unknown> | null | undefined)?.[key],
    body,
  );
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors);
    if (branch === null) {
      report.add(
        [...path, 'type'],
        'UNION_TYPE_CHOICES',
        'Value of field "type" must be one of the known types.',
      );
    } else for (const inner of branch) explain(inner, path, body, report);
    return;
  }
  if (value === undefined || value === null) {
    required(report, path);
    return;
  }
  switch (issue.code) {
    case 'too_big': {
      // zod counts UTF-16 units, Discord counts characters.
      if (typeof value === 'string' && [...value].length <= Number(issue.maximum)) return;
      if (issue.origin === 'number' || issue.origin === 'int') {
        const message = `int value should be less than or equal to ${issue.maximum}.`;
        report.add(path, 'NUMBER_TYPE_MAX', message);
      } else {
        const message = `Must be ${issue.maximum} or fewer in length.`;
        report.add(path, 'BASE_TYPE_MAX_LENGTH', message);
      }
      return;
    }
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int') {
        const message = `int value should be greater than or equal to ${issue.minimum}.`;
        report.add(path, 'NUMBER_TYPE_MIN', message);
      } else if (value === '') required(report, path);
      else report.add(path, 'BASE_TYPE_MIN_LENGTH', `Must be ${issue.minimum} or more in length.`);
      return;
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      report.add(path, 'BASE_TYPE_CHOICES', `Value must be one of {${values}}.`);
      return;
    }
    case 'invalid_format':
      if (issue.format === 'url') {
        report.add(path, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.');
      } else if (issue.format === 'datetime') {
        report.add(path, 'DATE_TIME_TYPE_PARSE', `Could not parse ${value}. Should be ISO8601.`);
      } else if (issue.format === 'regex') {
        report.add(path, 'NUMBER_TYPE_COERCE', `Value "${value}" is not snowflake.`);
      } else report.add(path, 'STRING_TYPE_REGEX', 'String value did not match validation regex.');
      return;
    case 'invalid_type': {
      const kinds: Record<string, [string, string]> = {
        string: ['STRING_TYPE_CONVERT', `Could not interpret "${describe(value)}" as string.`],
        number: ['NUMBER_TYPE_COERCE', `Value "${describe(value)}" is not int.`],
        int: ['NUMBER_TYPE_COERCE', `Value "${describe(value)}" is not int.`],
        boolean: ['BOOLEAN_TYPE_CONVERT', 'Must be either true or false.'],
        array: ['LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType'],
      };
      const [code, message] = kinds[issue.expected] ?? [
        'MODEL_TYPE_CONVERT',
        'Only dictionaries may be used in a ModelType',
      ];
      report.add(path, code, message);
      return;
    }
    default:
      report.add(path, 'BASE_TYPE_INVALID', issue.message);
  }
}

/**
 * Of a union, what the one branch says whose `type` fits; without such a branch null. Where
 * branches have no `type`, the one with the least to say.
 */
function closestBranch(branches: readonly (readonly $ZodIssue[])[]): readonly $ZodIssue[] | null {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 1 && issue.path[0] === 'type'),
  );
  return [...fitting].sort((a, b) => a.length - b.length)[0] ?? null;
}

function describe(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 100);
}
