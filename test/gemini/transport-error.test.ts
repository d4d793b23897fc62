import { describe, expect, it } from 'vitest';
import { classifyTransportError } from '../../src/gemini/errors/classify.ts';

function kindOf(code: string, answered: boolean, sent = answered) {
  const error = Object.assign(new Error('no'), { code });
  return classifyTransportError(error, answered, (text) => text, sent).kind;
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

  it.each([
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'busy'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'misconfigured'],
  ])('behind the request and before an answer is told by what TLS says: %s', (code, kind) => {
    expect(kindOf(code, false, true)).toBe(kind);
  });
});
