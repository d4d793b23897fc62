import { describe, expect, it } from 'vitest';
import { instructionFor } from '../../../src/generation/run/run.ts';
import { sampleRequest } from '../../support/samples.ts';

const own = {
  ...{ kind: 'picture' as const, generationId: 'a', url: null },
  ...{ name: 'darkroom-a.png', contentType: null, bytes: 9 },
};

describe('the model', () => {
  it('is told the person’s words, also where one of our own pictures goes with them', () => {
    const request = sampleRequest({ prompt: 'make it snow', references: [own] });
    expect(instructionFor(request)).toBe('make it snow');
  });

  it('is told nothing that nobody sees, by a request of an older version either', () => {
    const prompt = 'a cat\u{E0020}\u{E0067}\u{E0075}\u{E006E} \u200B👩‍💻';
    expect(instructionFor(sampleRequest({ prompt }))).toBe('a cat 👩‍💻');
  });

  it('is told to make a picture larger in our words, which ask for no edit once more', () => {
    const told = instructionFor(
      sampleRequest({ intent: 'enlarge', prompt: 'make it snow', references: [own] }),
    );
    expect(told).toContain('Reproduce this picture');
    expect(told).not.toContain('snow');
  });
});
