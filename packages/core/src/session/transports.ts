import type { AlertHub } from '../alerts/alert-hub.js';
import { type Endpoint, normalizeAddress } from '../common/endpoint.js';
import { isPeerloomError, PluginError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { Transport, TransportHandle } from '../plugin/session-context.js';
import type { Connection, Network } from '../ports/network.js';
import type { Settings } from '../settings/settings-table.js';

/** Ways to carry connections: those that plugins registered, then TCP. */
export class Transports {
  readonly #network: Network;
  readonly #settings: Settings;
  readonly #alerts: AlertHub;
  readonly #accept: (connection: Connection) => void;
  #registered: readonly { readonly transport: Transport; readonly scope: PluginScope }[] = [];

  constructor(
    network: Network,
    settings: Settings,
    alerts: AlertHub,
    accept: (connection: Connection) => void,
  ) {
    this.#network = network;
    this.#settings = settings;
    this.#alerts = alerts;
    this.#accept = accept;
  }

  /** Throws `PLUGIN_TRANSPORT` where the name is taken. */
  register(scope: PluginScope, transport: Transport): TransportHandle {
    const { name } = transport;
    if (name === 'tcp' || this.#registered.some((other) => other.transport.name === name)) {
      throw new PluginError('PLUGIN_TRANSPORT', `a transport named '${name}' is registered already`);
    }
    const entry = { transport, scope };
    this.#registered = [...this.#registered, entry];
    let isRegistered = true;
    const remove = (): void => {
      isRegistered = false;
      disown();
      this.#registered = this.#registered.filter((other) => other !== entry);
    };
    const disown = scope.own(remove);
    return {
      accept: (connection) => (isRegistered ? this.#accept(connection) : connection.destroy()),
      remove,
    };
  }

  /** Addresses of a host name or address; none, with an alert, where there are none. */
  async resolve(host: string): Promise<readonly string[]> {
    const address = normalizeAddress(host);
    if (address !== undefined) return [address];
    try {
      return await this.#network.resolve(host);
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      this.#alerts.post('sessionError', { error });
      return [];
    }
  }

  dial(remote: Endpoint): Connection {
    const options = { timeoutMs: this.#settings.dialTimeoutMs };
    for (const { transport, scope } of this.#registered) {
      const connection = scope.run(`transport ${transport.name}`, () => transport.dial(remote, options));
      if (connection !== undefined) return connection;
    }
    return this.#network.dial(remote, options);
  }
}
