import { hkdfSync } from 'node:crypto';
import { ClosedNetworkError } from './closed-network-error.js';

const minSecretBytes = 32;
/** A random secret of 32 bytes has about thirty. */
const minDistinctBytes = 16;
const info = 'peerloom closed-network v1';

/**
 * The bytes of a secret, from the text of its file: hexadecimal or base64 of at least 32 random bytes; one
 * newline at the end is left out. Throws {@link ClosedNetworkError}: `CLOSED_NETWORK_SECRET_EMPTY`,
 * `CLOSED_NETWORK_SECRET_ENCODING` for what is neither, `CLOSED_NETWORK_SECRET_SHORT`, and
 * `CLOSED_NETWORK_SECRET_WEAK` for what somebody has made up: it could be guessed by who has recorded an attempt.
 */
export function parseSecret(text: string): Uint8Array {
  const trimmed = text.replace(/\r?\n$/, '');
  if (trimmed === '') throw new ClosedNetworkError('CLOSED_NETWORK_SECRET_EMPTY', 'the secret is empty');
  const bytes = decodeSecret(trimmed);
  if (bytes.length < minSecretBytes) {
    const message = `the secret has ${bytes.length} bytes; at least ${minSecretBytes} random ones are wanted`;
    throw new ClosedNetworkError('CLOSED_NETWORK_SECRET_SHORT', message);
  }
  if (new Set(bytes).size < minDistinctBytes) throw weakSecret();
  return bytes;
}

function decodeSecret(text: string): Uint8Array {
  if (/^(?:[0-9a-fA-F]{2})+$/.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)) {
    const message =
      'the secret is neither hexadecimal nor base64 (a passphrase is none: it could be guessed)';
    throw new ClosedNetworkError('CLOSED_NETWORK_SECRET_ENCODING', message);
  }
  // Words are base64, too, but never random: small and capital letters are in any 43 random characters.
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text)) throw weakSecret();
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function weakSecret(): ClosedNetworkError {
  const message = 'the secret is not random and could be guessed';
  return new ClosedNetworkError('CLOSED_NETWORK_SECRET_WEAK', message);
}

/** The 32 bytes that members of a network mix into their handshakes. */
export function derivePreSharedKey(secret: Uint8Array, networkId: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, networkId, info, 32));
}
