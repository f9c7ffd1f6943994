import { isPeerloomError, type PeerContext, type StandardMessage } from '@peerloom/core';
import type { Arena, ArenaSetUp } from './arena.js';
import { strangeTorrent } from './contents.js';

/** A course of events in an {@link Arena}, in which certain hooks are called. */
export interface Scenario {
  readonly setUp: ArenaSetUp;
  /** Runs it, as far as it can be run whatever the extension does. */
  run(arena: Arena): Promise<void>;
  /** Whether the transfer that it is about came to its end. */
  isDone(arena: Arena): boolean;
}

const transferMs = 240_000;
/** Longer than a tick, a choke round and a retry. */
const pauseMs = 3000;
const blockBytes = 16 * 1024;

/** Does something that may be impossible by now: the connection or the extension is gone, or held. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isPeerloomError(error) || !error.code.startsWith('PLUGIN_')) throw error;
  }
}

function send(peer: PeerContext | undefined, message: StandardMessage): void {
  attempt(() => peer?.send(message));
}

/** Payload of a request or cancel (BEP 3). */
function requestPayload(piece: number): Uint8Array {
  const payload = new Uint8Array(12);
  const view = new DataView(payload.buffer);
  view.setUint32(0, piece);
  view.setUint32(8, blockBytes);
  return payload;
}

const localCompletes = (arena: Arena): boolean => arena.local.isComplete;
const bystanderCompletes = (arena: Arena): boolean => arena.bystander.isComplete;

/** Cancels a block that has just been asked for. */
function cancelOneRequest(arena: Arena): void {
  const request = arena.before.log
    .of('peer.sentRequest')
    .findLast(({ remote }) => remote === arena.remoteAddress);
  const block = request?.args[0] as { piece: number; begin: number; length: number } | undefined;
  if (block !== undefined) send(arena.localPeer, { type: 'cancel', ...block });
}

/** The local session downloads from both others. */
const download: Scenario = {
  setUp: { localHave: 'none', remoteHave: 'all', bystanderHave: 'all' },
  isDone: localCompletes,
  async run(arena) {
    arena.dialFromLocal();
    await arena.until(() => arena.before.log.has('peer.sentRequest'), pauseMs);
    cancelOneRequest(arena);
    await arena.until(() => localCompletes(arena), transferMs);
    await arena.advance(pauseMs);
  },
};

/** Both others download from the local session. */
const upload: Scenario = {
  setUp: { localHave: 'all', remoteHave: 'none', bystanderHave: 'none' },
  isDone: bystanderCompletes,
  async run(arena) {
    arena.dialToLocal();
    await arena.until(() => bystanderCompletes(arena) && arena.remote.isComplete, transferMs);
    await arena.advance(pauseMs);
  },
};

/** Nobody has the last piece, so connections last; both sides send what is rarely sent. */
const messages: Scenario = {
  setUp: { localHave: [0, 1], remoteHave: [0, 2, 3], bystanderHave: [0, 4] },
  isDone: (arena) => arena.local.torrent.pieces()?.has(4) === true,
  async run(arena) {
    arena.dialFromLocal();
    await arena.until(() => arena.local.torrent.pieces()?.count === 5, transferMs);
    await arena.advance(pauseMs);
    await remoteSpeaks(arena);
    await localSpeaks(arena);
    await arena.advance(pauseMs);
  },
};

async function remoteSpeaks(arena: Arena): Promise<void> {
  const say = async (...messages: StandardMessage[]): Promise<void> => {
    for (const message of messages) send(arena.remotePeer, message);
    await arena.advance(200);
  };
  // Of a piece that the remote session has: only raw can it be asked for.
  const raw = (id: number, payload: Uint8Array): void =>
    attempt(() => arena.remotePeer?.sendRaw(id, payload));
  await say({ type: 'interested' });
  await arena.advance(pauseMs);
  // The last observer keeps the request, so that there is something to cancel.
  arena.after.answers.set('peer.onRequest', true);
  raw(6, requestPayload(1));
  raw(8, requestPayload(1));
  await arena.advance(200);
  arena.after.answers.clear();
  await say({ type: 'notInterested' }, { type: 'choke' }, { type: 'unchoke' });
  await say({ type: 'suggest', piece: 5 }, { type: 'allowedFast', piece: 5 }, { type: 'port', port: 6881 });
  // A lie: the local session asks for the piece, and is refused.
  await say({ type: 'have', piece: 5 });
  await say({ type: 'dontHave', piece: 5 });
  raw(20, Uint8Array.of(200, 1, 2, 3));
  raw(99, Uint8Array.of(1));
  // Nobody has this one: it is refused.
  raw(6, requestPayload(5));
  await arena.advance(200);
}

async function localSpeaks(arena: Arena): Promise<void> {
  const say = async (...messages: StandardMessage[]): Promise<void> => {
    for (const message of messages) send(arena.localPeer, message);
    await arena.advance(200);
  };
  await say({ type: 'unchoke' }, { type: 'choke' }, { type: 'unchoke' });
  await say({ type: 'interested' }, { type: 'notInterested' });
  await say({ type: 'suggest', piece: 0 }, { type: 'allowedFast', piece: 0 });
  await say({ type: 'have', piece: 4 }, { type: 'dontHave', piece: 5 });
}

/** Makes what the remote session has of the first piece wrong. */
export function spoilFirstPiece({ swarm, remote }: Arena): void {
  const [file] = swarm.content.files;
  if (file === undefined) return;
  remote.storage.put(
    file.path,
    file.bytes.map((byte, i) => (i === 7 ? ~byte : byte)),
  );
}

/** The remote session sends a piece that is wrong; the bystander comes later. */
const badPiece: Scenario = {
  setUp: {
    localHave: 'none',
    remoteHave: 'all',
    bystanderHave: 'all',
    // One whose connection was closed does not come back with the same: many faults would stop a required extension.
    settings: { peerRetryDelayMs: 120_000 },
  },
  isDone: localCompletes,
  async run(arena) {
    spoilFirstPiece(arena);
    arena.swarm.connect(arena.local, arena.remote);
    await arena.until(() => arena.local.torrent.stats.hashFailures > 0, transferMs);
    await arena.advance(pauseMs);
    arena.swarm.connect(arena.local, arena.bystander);
    await arena.until(() => localCompletes(arena), transferMs);
    await arena.advance(pauseMs);
  },
};

/** The local session learns its metadata while connected. */
const magnet: Scenario = {
  setUp: { localHave: 'none', remoteHave: 'all', bystanderHave: 'all', isMagnet: true },
  isDone: localCompletes,
  async run(arena) {
    arena.dialFromLocal();
    await arena.advance(pauseMs);
    attempt(() => arena.before.torrents[0]?.setMetadata(arena.swarm.content.metainfo.info.raw));
    await arena.until(() => localCompletes(arena), transferMs);
  },
};

/** A download that is paused and goes on. */
const pause: Scenario = {
  ...download,
  async run(arena) {
    arena.dialFromLocal();
    await arena.until(() => arena.before.log.has('peer.onPiece'), pauseMs);
    arena.local.torrent.pause();
    await arena.advance(pauseMs);
    arena.local.torrent.resume();
    await arena.until(() => localCompletes(arena), transferMs);
  },
};

/** The remote session asks for a torrent that is not here. */
const stranger: Scenario = {
  ...download,
  async run(arena) {
    const { metainfo, files } = strangeTorrent();
    for (const { path, bytes } of files) arena.remote.storage.put(path, bytes);
    arena.remote.session.addTorrent({
      torrent: metainfo,
      assumeComplete: true,
      peers: [arena.local.endpoint],
    });
    await arena.advance(pauseMs);
    await download.run(arena);
  },
};

/** More peers become known than are kept. */
const manyPeers: Scenario = {
  ...download,
  setUp: { ...download.setUp, settings: { maxPeersPerTorrent: 6, dialTimeoutMs: 200 } },
  async run(arena) {
    arena.dialFromLocal();
    const addNobodies = (first: number): void => {
      for (let i = first; i < first + 4; i++) {
        arena.local.torrent.addPeer({ address: `10.9.9.${i}`, port: 6881, family: 4 });
      }
    };
    addNobodies(1);
    // Their dials have failed by then, and are not tried again yet.
    await arena.advance(1000);
    addNobodies(5);
    await arena.until(() => localCompletes(arena), transferMs);
  },
};

/** The session's state is saved while it works. */
const saving: Scenario = {
  ...download,
  async run(arena) {
    arena.dialFromLocal();
    await arena.advance(1000);
    arena.local.session.saveState();
    await arena.until(() => localCompletes(arena), transferMs);
  },
};

/** All courses of events, by name. */
export const scenarios = {
  download,
  upload,
  messages,
  badPiece,
  magnet,
  pause,
  stranger,
  manyPeers,
  saving,
} as const satisfies Readonly<Record<string, Scenario>>;

/** Name of a course of events. */
export type ScenarioName = keyof typeof scenarios;
