import type { AlertHub } from '../alerts/alert-hub.js';
import type { InfoHash } from '../common/info-hash.js';
import type { FaultHandler, PluginScope } from '../dispatch/plugin-scope.js';
import { RequiredFaults } from '../dispatch/required-faults.js';
import type { Clock } from '../ports/clock.js';
import type { TorrentPlugins } from './torrent-plugins.js';

/** Hooks of a torrent plugin that are called because of one remote. */
const causedByPeer: ReadonlySet<string> = new Set(['onAddPeer']);

/** What follows when a plugin of a torrent fails. */
export class TorrentFaults implements FaultHandler {
  readonly #infoHash: InfoHash;
  readonly #alerts: AlertHub;
  readonly #plugins: () => TorrentPlugins;
  readonly #required: RequiredFaults;

  constructor(infoHash: InfoHash, alerts: AlertHub, clock: Clock, plugins: () => TorrentPlugins) {
    this.#infoHash = infoHash;
    this.#alerts = alerts;
    this.#plugins = plugins;
    this.#required = new RequiredFaults(clock);
  }

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    const hasPeerToBlame = scope.isRequired && causedByPeer.has(hook);
    this.#alerts.post('pluginFault', {
      plugin: scope.name,
      scope: scope.level,
      hook,
      error,
      infoHash: this.#infoHash,
      endpoint: undefined,
      action: hasPeerToBlame ? 'peerClosed' : scope.isRequired ? 'torrentStopped' : 'pluginDetached',
    });
    if (hasPeerToBlame) this.requiredPeerFault(scope);
    else this.#plugins().detach(scope.identity);
  }

  /** A required plugin has failed on one peer, which is closed; after three a minute everything stops. */
  requiredPeerFault({ identity }: PluginScope): void {
    if (this.#required.isTooMany()) this.#plugins().detach(identity);
  }

  pluginWarning({ name }: PluginScope, message: string): void {
    this.#alerts.post('pluginWarning', { plugin: name, message });
  }
}
