import { Failure } from '../../domain.ts';

/** What the string that begins now is good for. */
export type StringRole =
  /** The name of a member. */
  | 'key'
  /** `inlineData.data`: a picture, or now and then an address. */
  | 'picture'
  /** `thoughtSignature`: opaque, and sometimes larger than the picture beside it. */
  | 'signature'
  /** What the model says. */
  | 'text'
  /** Codes, messages, addresses, and all that nobody knows. */
  | 'other';

/** Where in a JSON document a reader stands: just enough of it to know which string is which. */
export interface JsonPath {
  readonly depth: number;
  open(isObject: boolean): void;
  close(): void;
  comma(): void;
  colon(): void;
  /** The name of the member whose value comes next, with its escapes read. */
  name(key: string): void;
  role(): StringRole;
  reset(): void;
}

const PICTURE_PARENTS: ReadonlySet<string> = new Set(['inlineData', 'inline_data']);
const SIGNATURES: ReadonlySet<string> = new Set(['thoughtSignature', 'thought_signature']);

/** Throws `Failure('bad_answer')` for a document that is nested deeper than `maxDepth`. */
export function createJsonPath(maxDepth: number): JsonPath {
  const objects: boolean[] = [];
  /** For each open container, the member that is being read; '' in an array. */
  const names: string[] = [];
  let depth = 0;
  let awaitingKey = false;

  return {
    get depth() {
      return depth;
    },
    open(isObject) {
      if (depth >= maxDepth) {
        throw new Failure('bad_answer', `a document is nested deeper than ${maxDepth}`, {
          details: { problem: 'too_deep' },
        });
      }
      objects[depth] = isObject;
      names[depth] = '';
      depth += 1;
      awaitingKey = isObject;
    },
    close() {
      if (depth > 0) depth -= 1;
      awaitingKey = false;
    },
    comma() {
      awaitingKey = depth > 0 && objects[depth - 1] === true;
    },
    colon() {
      awaitingKey = false;
    },
    name(key) {
      if (depth > 0) names[depth - 1] = key;
    },
    role() {
      if (awaitingKey) return 'key';
      const name = names[depth - 1] ?? '';
      if (name === 'data' && PICTURE_PARENTS.has(names[depth - 2] ?? '')) return 'picture';
      if (SIGNATURES.has(name)) return 'signature';
      return name === 'text' ? 'text' : 'other';
    },
    reset() {
      depth = 0;
      awaitingKey = false;
    },
  };
}
