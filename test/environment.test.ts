import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environment } from '../src/environment.ts';

describe('.env.example', () => {
  it('has each setting once, and none that does not exist', () => {
    const names = [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z_]+)=/gm)].map(
      ([, name]) => name,
    );
    expect(names.sort()).toEqual(Object.keys(environment.shape).sort());
  });
});
