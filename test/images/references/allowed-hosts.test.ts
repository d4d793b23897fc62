import { describe, expect, it } from 'vitest';
import { isAllowedUrl } from '../../../src/images/references/allowed-hosts.ts';

const allowed = (url: string, ...hosts: string[]) => isAllowedUrl(new URL(url), hosts);

describe('the list of allowed hosts', () => {
  it('admits https on exactly the hosts that it names', () => {
    expect(allowed('https://cdn.discordapp.com/a.png', 'cdn.discordapp.com')).toBe(true);
    expect(allowed('https://CDN.discordapp.com/a.png', 'cdn.discordapp.com')).toBe(true);
    expect(allowed('http://cdn.discordapp.com/a.png', 'cdn.discordapp.com')).toBe(false);
    expect(allowed('https://cdn.discordapp.com:444/a', 'cdn.discordapp.com')).toBe(false);
    expect(allowed('https://cdn.discordapp.com.evil.example/a', 'cdn.discordapp.com')).toBe(false);
    expect(allowed('https://evil.example/cdn.discordapp.com', 'cdn.discordapp.com')).toBe(false);
    expect(allowed('https://x@cdn.discordapp.com/a', 'cdn.discordapp.com')).toBe(false);
    expect(allowed('file://cdn.discordapp.com/etc/passwd', 'cdn.discordapp.com')).toBe(false);
    expect(allowed('https://127.0.0.1/a')).toBe(false);
  });

  it('admits plain http where the entry says so, or is a loopback host', () => {
    expect(allowed('http://127.0.0.1:8080/a', '127.0.0.1:8080')).toBe(true);
    expect(allowed('http://127.0.0.1:8081/a', '127.0.0.1:8080')).toBe(false);
    expect(allowed('http://127.0.0.1:8081/a', '127.0.0.1')).toBe(true);
    expect(allowed('http://localhost:5/a', 'localhost')).toBe(true);
    expect(allowed('http://files.example:8080/a', 'http://files.example:8080')).toBe(true);
    expect(allowed('https://files.example:8080/a', 'http://files.example:8080')).toBe(false);
    expect(allowed('https://files.example/a', 'files.example:443')).toBe(true);
  });
});
