import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';

describe('a failure', () => {
  it('takes only the problems of its kind, and those that a sentence needs', () => {
    const made = [
      // @ts-expect-error: a misspelt problem.
      new Failure('busy', '', { details: { problem: 'daily_limt' } }),
      // @ts-expect-error: the problem of another kind.
      new Failure('timeout', '', { details: { problem: 'unreachable' } }),
      // @ts-expect-error: a picture that is not shown for no reason.
      new Failure('not_shown', '', { details: {} }),
      // @ts-expect-error: a limit that nobody can name.
      new Failure('limit', ''),
      // @ts-expect-error: a problem where there is none.
      new Failure('cut', '', { details: { problem: 'idle' } }),
    ];
    expect(made).toHaveLength(5);
  });

  it('is the same again by its reason, with what else became known', () => {
    const cause = new Error('the line broke');
    const first = new Failure('reference', 'gone', { details: { problem: 'host', file: 'a.png' } });
    const again = new Failure(first.reason, 'once more', { details: { attempts: 2 }, cause });
    expect(again).toMatchObject({ kind: 'reference', message: 'once more', cause });
    expect(again.details).toEqual({ problem: 'host', file: 'a.png', attempts: 2 });
    expect(new Failure('cut', '').reason).toEqual({ kind: 'cut', details: {} });
  });
});
