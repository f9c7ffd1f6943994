import {
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  type SessionContext,
  type SessionPlugin,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { type CreateExtension, complianceCases, runComplianceSuite } from './compliance.js';
import { hookCatalog } from './hook-catalog.js';
import { counter, noop } from './samples.fake.js';

const base = { name: 'offender', apiVersion: pluginApiVersion };

/** An extension with these hooks on every connection. */
function onPeers(make: (peer: PeerContext) => PeerPlugin): () => SessionPlugin {
  return () => ({ ...base, newTorrent: () => ({ newConnection: make }) });
}

/** What a program without types could write. */
function hooks(methods: Readonly<Record<string, () => unknown>>): PeerPlugin {
  return { ...methods };
}

function onTorrents(plugin: TorrentPlugin): () => SessionPlugin {
  return () => ({ ...base, newTorrent: () => plugin });
}

/** Runs the cases whose title contains `part`; the messages of those that fail. */
async function failuresOf(create: CreateExtension, part: string): Promise<string[]> {
  const failures: string[] = [];
  const chosen = complianceCases(create).filter(({ group, name }) => `${group}: ${name}`.includes(part));
  expect(chosen.length).toBeGreaterThan(0);
  for (const { run } of chosen) await run().catch((error: unknown) => failures.push(String(error)));
  return failures;
}

const sharedInstance: SessionPlugin = { ...base };
let saves = 0;

const offenders: [what: string, CreateExtension, part: string, message: RegExp][] = [
  ['has no usable name', () => ({ ...base, name: 'no spaces' }), 'has a name', /not a name for an extension/],
  ['speaks another version', () => ({ ...base, apiVersion: 99 }), 'has a name', /apiVersion is 99/],
  ['is one object for all sessions', () => sharedInstance, 'is made anew', /the same object twice/],
  [
    'misspells a hook',
    onPeers(() => hooks({ onUnchoked: () => {} })),
    "course of events 'download'",
    /a warning: 'onUnchoked' is not a hook/,
  ],
  [
    'throws',
    onPeers(() => ({
      onUnchoke: () => {
        throw new Error('oops');
      },
    })),
    'peer.onUnchoke: is called',
    /'offender' failed in onUnchoke: Error: oops/,
  ],
  [
    'throws in a timer',
    onPeers((peer) => {
      peer.clock.setTimeout(() => {
        throw new Error('late oops');
      }, 100);
      return {};
    }),
    "course of events 'upload'",
    /'offender' failed in timer: Error: late oops/,
  ],
  [
    'returns a promise from a synchronous hook',
    onPeers(() => ({ tick: async () => {} })),
    "course of events 'download'",
    /a warning: tick returned a promise/,
  ],
  [
    'returns what its kind of hook does not',
    onPeers(() => hooks({ onUnchoke: () => 1 })),
    'peer.onUnchoke: is called',
    /returned 1: a 'handled' hook returns a boolean or nothing/,
  ],
  [
    'keeps a disk buffer',
    () => {
      let hasOne = false;
      const newTorrent: SessionPlugin['newTorrent'] = (torrent) => ({
        newConnection: () => ({
          onPiece: (request, buffer) => {
            if (hasOne) return false;
            hasOne = true;
            torrent.deliverBlock(request, buffer.release().slice());
            return true;
          },
        }),
      });
      return { ...base, newTorrent };
    },
    "course of events 'download'",
    /16384 bytes of disk buffers were never given back/,
  ],
  [
    'swallows blocks',
    onPeers(() => ({ onPiece: () => true })),
    "course of events 'download'",
    /12 blocks were neither delivered nor abandoned/,
  ],
  [
    'never releases its hold',
    onPeers((peer) => {
      const channel = peer.register(
        {
          name: 'xx_hold',
          codec: { encode: (value: Uint8Array) => value, decode: (value) => value },
          maxBytes: 1,
        },
        () => {},
      );
      peer.hold({ reason: 'for ever', channels: [channel] });
      return {};
    }),
    "course of events 'download'",
    /2 holds were never released/,
  ],
  [
    'disconnects everybody',
    onPeers((peer) => ({ onConnected: () => peer.disconnect('go away') })),
    'peer.onUnchoke: is called',
    /the transfer did not come to its end/,
  ],
  [
    'refuses every peer',
    onTorrents({ onAddPeer: () => false }),
    'torrent.onPiecePass: is called',
    /did not come to its end/,
  ],
  [
    'saves another state each time',
    () => ({ ...base, saveState: () => ++saves }),
    'finds its state again',
    /saved another one at once/,
  ],
  [
    'loses its state',
    () => {
      let isOld = false;
      return {
        ...base,
        added: (session: SessionContext) => session.clock.setTimeout(() => (isOld = true), 1000),
        saveState: () => (isOld ? 'something' : undefined),
      };
    },
    'finds its state again',
    /saved none/,
  ],
  [
    'saves what cannot be saved',
    () => ({ ...base, saveState: () => 0.5 }),
    'session.saveState: is called',
    /'offender' failed in saveState: BencodeError/,
  ],
  [
    'does not load what it saved',
    () => ({
      ...base,
      saveState: () => 1,
      loadState: () => {
        throw new Error('what is this?');
      },
    }),
    "course of events 'saving'",
    /'offender' failed in loadState: Error: what is this\?/,
  ],
  [
    'never ends when removed',
    () => ({ ...base, removed: () => new Promise<void>(() => {}) }),
    "course of events 'download'",
    /what removed\(\) promised did not settle in time/,
  ],
  [
    'uses a connection that is gone',
    () => {
      const peers: PeerContext[] = [];
      return {
        ...base,
        newTorrent: () => ({
          newConnection: (peer) => {
            peers.push(peer);
            return {};
          },
          tick: () => {
            for (const peer of peers) peer.send({ type: 'keepAlive' });
          },
        }),
      };
    },
    "course of events 'download'",
    /'offender' failed in tick: ContextClosedError/,
  ],
  [
    'takes the message of another extension',
    onPeers((peer) => {
      peer.register(
        {
          name: 'xc_companion',
          codec: { encode: (value: Uint8Array) => value, decode: (value) => value },
          maxBytes: 1,
        },
        () => {},
      );
      return {};
    }),
    'leaves other extensions',
    /failed in newConnection: PluginError/,
  ],
];

describe('the compliance suite notices an extension that', () => {
  it.each(offenders)(
    '%s',
    async (_what, create, part, message) => {
      const failures = await failuresOf(create, part);
      expect(failures.join('\n')).toMatch(message);
    },
    60_000,
  );
});

describe('complianceCases', () => {
  it('has cases of each kind for every hook there is', () => {
    const cases = complianceCases(noop);
    for (const { id } of hookCatalog) {
      const names = cases.filter(({ group }) => group === id).map(({ name }) => name);
      expect(names).toHaveLength(6);
      expect(new Set(names).size).toBe(6);
    }
  });

  it('leaves out hooks of sessions where the extension is one of torrents', () => {
    const groups = new Set(complianceCases(counter).map(({ group }) => group));
    expect([...groups].some((group) => group.startsWith('session.'))).toBe(false);
    expect(groups.has('torrent.newConnection')).toBe(true);
  });
});

describe('runComplianceSuite', () => {
  it('refuses exceptions that name no case', () => {
    expect(() => runComplianceSuite(noop, { exceptions: { 'peer.onMagic': 'because' } })).toThrow(
      'exceptions that name no case: peer.onMagic',
    );
  });
});

// Of this suite only what concerns the extension as a whole runs, but for the one case that would fail.
runComplianceSuite(() => sharedInstance, {
  title: 'an extension with exceptions',
  exceptions: {
    ...Object.fromEntries(hookCatalog.map(({ id }) => [id, 'not of interest here'])),
    'extension: is made anew each time': 'it has no state',
  },
});
