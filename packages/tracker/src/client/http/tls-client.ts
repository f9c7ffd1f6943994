// TLS is computed over connections of the network port: no socket is opened here.
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { type Connection, isPeerloomError, normalizeAddress } from '@peerloom/core/plugin';
import { printableText, TrackerError } from '../tracker-error.js';
import { ConnectionDuplex } from './connection-duplex.js';
import type { HttpStream, HttpStreamHandler } from './http-exchange.js';

/** All that comes, encrypted: twice what a response may have, for handshake and records. */
const maxReceivedBytes = 4 * 1024 * 1024;

/** TLS as a client, 1.2 or later. The certificate has to be one for the host, from an authority that is trusted. */
export class TlsClient {
  readonly #authorities: string | undefined;
  #context: SecureContext | undefined;

  /** `authorities`, as PEM, are trusted instead of those that node trusts. */
  constructor(authorities?: string) {
    this.#authorities = authorities;
  }

  /**
   * What is said over a connection that has just been dialled, encrypted. `host` is a name, or an IP address without
   * brackets. What fails is a {@link TrackerError} (`TRACKER_TLS`, `TRACKER_TOO_LARGE`), or the connection's error.
   */
  secure(connection: Connection, host: string): HttpStream {
    // All roots are read for it: once is enough.
    this.#context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(this.#authorities !== undefined && { ca: this.#authorities }),
    });
    return new TlsStream(connection, host, this.#context);
  }
}

class TlsStream implements HttpStream {
  readonly #socket: TLSSocket;
  #isSecure = false;
  #failure: Error | undefined;

  constructor(connection: Connection, host: string, secureContext: SecureContext) {
    const duplex = new ConnectionDuplex(connection, maxReceivedBytes);
    const name = host.replace(/\.$/, '');
    this.#socket = connect({
      socket: duplex,
      secureContext,
      // Whom the certificate has to be for.
      host: name,
      // An address is no name (RFC 6066 §3).
      ...(normalizeAddress(name) === undefined && { servername: name }),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
    });
    duplex.on('error', (error) => this.#fail(error));
    duplex.once('close', () => this.#socket.destroy());
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.once('close', () => duplex.destroy());
  }

  setHandler(handler: HttpStreamHandler): void {
    this.#socket.once('secureConnect', () => {
      this.#isSecure = true;
      handler.onConnect();
    });
    this.#socket.on('data', (chunk: Uint8Array) => handler.onData(chunk));
    this.#socket.once('end', () => {
      if (this.#isSecure) handler.onEnd();
    });
    this.#socket.once('close', () => {
      if (!this.#isSecure) this.#fail(new Error('closed in the handshake'));
      handler.onClose(this.#failure);
    });
  }

  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean {
    return this.#socket.write(Buffer.concat(chunks), onWritten);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#failure ??= isPeerloomError(error) ? error : tlsError(error);
  }
}

/** What OpenSSL or node say, which may contain what stands in the certificate. */
function tlsError(cause: Error & { readonly reason?: unknown }): TrackerError {
  const reason = typeof cause.reason === 'string' ? cause.reason : cause.message;
  const text = printableText(new TextEncoder().encode(reason));
  return new TrackerError('TRACKER_TLS', `no secure connection: ${text}`, { cause });
}
