import type { AlertHub } from '../alerts/alert-hub.js';
import type { BencodeInput, BencodeValue } from '../bencode/bencode.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import type { Ban, BanOptions, BanTarget } from '../plugin/session-context.js';
import type { Clock } from '../ports/clock.js';
import type { Torrent } from '../torrent/torrent.js';
import { Bans } from './bans.js';

/** The bans of a session, with what follows from them: alerts, and connections that close. */
export class SessionBans {
  readonly #bans: Bans;
  readonly #alerts: AlertHub;
  readonly #torrents: () => readonly Torrent[];

  constructor(clock: Clock, alerts: AlertHub, torrents: () => readonly Torrent[]) {
    this.#bans = new Bans(clock);
    this.#alerts = alerts;
    this.#torrents = torrents;
  }

  list(): readonly Ban[] {
    return this.#bans.list();
  }

  /** Why an endpoint or principal may not be a peer. */
  refusal(
    target: { readonly endpoint: Endpoint } | { readonly principal: string },
  ): DisconnectReason | undefined {
    const ban =
      'endpoint' in target
        ? this.#bans.ofEndpoint(target.endpoint)
        : this.#bans.ofPrincipal(target.principal);
    return ban && { origin: 'policy', code: 'PEER_BANNED', message: `banned: ${ban.reason}` };
  }

  /** Bans, and closes the connections that it meets. */
  add(target: BanTarget, options: BanOptions, plugin: string | undefined): void {
    this.#bans.add(target, options, plugin);
    const { reason, durationMs = -1 } = options;
    this.#alerts.post('peerBanned', { ...fieldsOf(target), reason, plugin, durationMs });
    for (const torrent of this.#torrents()) {
      for (const peer of torrent.peers.all()) {
        const { endpoint, listenEndpoint, principal } = peer.state;
        const refusal =
          this.refusal({ endpoint }) ??
          (listenEndpoint && this.refusal({ endpoint: listenEndpoint })) ??
          (principal === undefined ? undefined : this.refusal({ principal }));
        if (refusal) peer.close(refusal);
      }
    }
  }

  remove(target: BanTarget): boolean {
    const wasBanned = this.#bans.remove(target);
    if (wasBanned) this.#alerts.post('peerUnbanned', fieldsOf(target));
    return wasBanned;
  }

  /** Ends bans whose time is up. */
  tick(): void {
    for (const { target } of this.#bans.takeExpired()) {
      this.#alerts.post('peerUnbanned', fieldsOf(target));
    }
  }

  save(): BencodeInput {
    return this.#bans.save();
  }

  load(value: BencodeValue | undefined): void {
    this.#bans.load(value);
  }
}

function fieldsOf(target: BanTarget): {
  readonly endpoint: Endpoint | undefined;
  readonly principal: string | undefined;
} {
  return 'endpoint' in target
    ? { endpoint: target.endpoint, principal: undefined }
    : { endpoint: undefined, principal: target.principal };
}
