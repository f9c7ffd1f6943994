import {
  asBytes,
  type BencodeInput,
  type BencodeValue,
  definePluginKey,
  isPeerloomError,
  type PluginKey,
  pluginApiVersion,
  type SessionContext,
  type SessionPlugin,
  type TorrentContext,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { Gatekeeper } from './authentication/gatekeeper.js';
import { type ClosedNetworkPeer, Guard } from './authentication/guard.js';
import { type ClosedNetworkOptions, readOptions } from './closed-network-options.js';
import { Credentials } from './credentials.js';

const name = 'closed-network';

/** Finds the {@link ClosedNetworkPeer} of a connection. */
export const closedNetworkPeerKey: PluginKey<ClosedNetworkPeer> = definePluginKey(name);

/**
 * Makes every torrent of a session one of a closed network: whoever cannot prove that it belongs to the network is
 * disconnected before it has learnt anything, and what is said afterwards is encrypted.
 *
 * Posts alerts of type `plugin`: `confirmed` and `refused` of a remote, `ownCertificate` where our own is not valid,
 * `notEncrypted` where encryption is off, `revocations` where a newer list than the given one was known already.
 */
export class ClosedNetwork implements SessionPlugin {
  readonly name = name;
  readonly apiVersion = pluginApiVersion;
  /** Before others, so that they never see what a remote must not say. */
  readonly order = 'pre';
  /** Without it no torrent goes on. */
  readonly required = true;
  #credentials: Credentials;
  #session: SessionContext | undefined;
  #gatekeeper: Gatekeeper | undefined;

  /** Throws {@link ClosedNetworkError} for options that cannot be used. */
  constructor(options: ClosedNetworkOptions) {
    this.#credentials = new Credentials(options);
  }

  /**
   * Goes on with other files of the same network: a renewed certificate, a newer revocation list, a new secret.
   * Connected members are checked again at once; where the secret is another one, all are disconnected. A list older
   * than the one in force is left aside, with an alert, and the rest is taken. `options` are texts, as of the
   * constructor. Throws {@link ClosedNetworkError}, and goes on with the files before: as the constructor,
   * `CLOSED_NETWORK_FOREIGN` for another network, `CLOSED_NETWORK_REVOKED_OLD` for another list of the same number.
   */
  reload(options: ClosedNetworkOptions | Readonly<Record<string, string>>): void {
    const next = new Credentials(readOptions({ ...options }));
    const hasOlderList = next.succeed(this.#credentials);
    this.#credentials = next;
    if (hasOlderList) this.#tellRevocations();
    this.#gatekeeper?.reload(next);
  }

  added(session: SessionContext): void {
    this.#session = session;
    this.#gatekeeper = new Gatekeeper(session, this.#credentials);
    if (!this.#credentials.isEncrypted) {
      const message = 'what members say to each other is not encrypted';
      session.postAlert('notEncrypted', { message });
    }
    this.#gatekeeper.recheck();
  }

  /** What is known of members stays, for the session that it is added to next. */
  removed(): void {
    this.#session = undefined;
    this.#gatekeeper = undefined;
  }

  newTorrent(torrent: TorrentContext): TorrentPlugin {
    const gatekeeper = this.#gatekeeper as Gatekeeper;
    torrent.policy.deny('dht', 'lsd');
    return {
      onAddPeer: ({ address }, source) => source !== 'incoming' || !gatekeeper.isRefused(address),
      newConnection: (peer) => new Guard(peer, gatekeeper),
    };
  }

  onTick(): void {
    this.#gatekeeper?.recheck();
  }

  /** The newest revocation list, so that an older file does not let anybody in again. */
  saveState(): BencodeInput | undefined {
    return this.#credentials.signedRevocations;
  }

  loadState(value: BencodeValue): void {
    const signed = asBytes(value);
    if (signed === undefined || !this.#adopt(signed.slice())) return;
    this.#tellRevocations();
    this.#gatekeeper?.recheck();
  }

  #tellRevocations(): void {
    this.#session?.postAlert('revocations', { number: this.#credentials.revocationNumber });
  }

  /** A state of another network, or a damaged one, is none. */
  #adopt(signed: Uint8Array): boolean {
    try {
      return this.#credentials.adoptRevocations(signed);
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      return false;
    }
  }
}

/**
 * Makes a {@link ClosedNetwork} from options as texts by name: `secret`, `member`, `revoked` and `encryption`. Throws
 * {@link ClosedNetworkError}.
 */
export default function createClosedNetwork(options: Readonly<Record<string, string>>): ClosedNetwork {
  return new ClosedNetwork(readOptions(options));
}
