import { createHash, createHmac } from 'node:crypto';
import { concatBytes } from '@peerloom/core/plugin';
import { CipherState } from './cipher-state.js';

const hashLength = 32;
const empty = new Uint8Array(0);

function hash(...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHmac('sha256', key);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** `HKDF` of the framework, section 4.3: three outputs, of which callers take what they need. */
function derive(chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const secret = hmac(chainingKey, input);
  const first = hmac(secret, Uint8Array.of(1));
  const second = hmac(secret, first, Uint8Array.of(2));
  const third = hmac(secret, second, Uint8Array.of(3));
  return [first, second, third];
}

/** What both sides of a handshake have said and share so far: `SymmetricState`, section 5.2 of the framework. */
export class SymmetricState {
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | undefined;

  /** `protocol` is the whole name, such as `Noise_XX_25519_ChaChaPoly_SHA256`. */
  constructor(protocol: string) {
    const name = new TextEncoder().encode(protocol);
    this.#hash =
      name.length > hashLength ? hash(name) : concatBytes(name, new Uint8Array(hashLength - name.length));
    this.#chainingKey = this.#hash;
  }

  /** Depends on everything that was mixed in. */
  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = hash(this.#hash, data);
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey, key] = derive(this.#chainingKey, input);
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(key);
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chainingKey, mixed, key] = derive(this.#chainingKey, input);
    this.#chainingKey = chainingKey;
    this.mixHash(mixed);
    this.#cipher = new CipherState(key);
  }

  /** Whether what is encrypted from here on really is. */
  get hasKey(): boolean {
    return this.#cipher !== undefined;
  }

  encryptAndHash(plain: Uint8Array): Uint8Array {
    const sent = this.#cipher === undefined ? plain : this.#cipher.encrypt(plain, this.#hash);
    this.mixHash(sent);
    return sent;
  }

  /** Throws `NoiseError` where it is not authentic. */
  decryptAndHash(received: Uint8Array): Uint8Array {
    const plain = this.#cipher === undefined ? received : this.#cipher.decrypt(received, this.#hash);
    this.mixHash(received);
    return plain;
  }

  /** The ciphers of what follows: the initiator's sending first. */
  split(): readonly [CipherState, CipherState] {
    const [first, second] = derive(this.#chainingKey, empty);
    return [new CipherState(first), new CipherState(second)];
  }
}
