import { describe, expect, it } from 'vitest';
import { classifyTransportError } from '../../src/gemini/errors.ts';

function kindOf(code: string, answered: boolean) {
  const error = Object.assign(new Error('no'), { code });
  return classifyTransportError(error, answered, (text) => text).kind;
}

describe('a connection that breaks', () => {
  it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'])(
    'before an answer is the set-up’s fault where TLS says %s',
    (code) => {
      expect(kindOf(code, false)).toBe('misconfigured');
    },
  );

  it.each(['ECONNRESET', 'UND_ERR_SOCKET', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'])(
    'in mid-answer cuts the answer, whoever says so: %s',
    (code) => {
      expect(kindOf(code, true)).toBe('cut');
    },
  );
});
