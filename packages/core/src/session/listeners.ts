import type { AlertHub } from '../alerts/alert-hub.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import { isPeerloomError, SessionError } from '../common/errors.js';
import type { Connection, Listener, Network } from '../ports/network.js';

/** The sockets on which a session accepts peers. */
export class Listeners {
  readonly #network: Network;
  readonly #alerts: AlertHub;
  readonly #accept: (connection: Connection) => void;
  readonly #listeners = new Set<Listener>();
  #isClosed = false;

  constructor(network: Network, alerts: AlertHub, accept: (connection: Connection) => void) {
    this.#network = network;
    this.#alerts = alerts;
    this.#accept = accept;
  }

  get endpoints(): readonly Endpoint[] {
    return [...this.#listeners].map(({ local }) => local);
  }

  portOf(family: 4 | 6): number | undefined {
    return this.endpoints.find((local) => local.family === family)?.port;
  }

  /** Why an endpoint can't be a peer: it is one of ours. */
  refusal({ address, port }: Endpoint): DisconnectReason | undefined {
    const isOurs = this.endpoints.some((local) => local.address === address && local.port === port);
    return isOurs ? { origin: 'policy', code: 'PEER_SELF', message: 'our own endpoint' } : undefined;
  }

  /** Resolves with what was bound. Rejects with {@link NetworkError}, `SESSION_STOPPED`. */
  async listen(local: Endpoint): Promise<Endpoint> {
    let listener: Listener;
    try {
      listener = await this.#network.listen(local, this.#accept);
    } catch (error) {
      if (isPeerloomError(error)) this.#alerts.post('listenFailed', { endpoint: local, error });
      throw error;
    }
    if (this.#isClosed) {
      await listener.close();
      throw new SessionError('SESSION_STOPPED', 'the session has stopped');
    }
    this.#listeners.add(listener);
    this.#alerts.post('listenSucceeded', { endpoint: listener.local });
    return listener.local;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closing = [...this.#listeners].map((listener) => listener.close());
    this.#listeners.clear();
    await Promise.all(closing);
  }
}
