import type { BandwidthGroup } from '../bandwidth/bandwidth-group.js';
import type { BandwidthShare } from '../bandwidth/bandwidth-share.js';
import { type BlockRequest, blockLength } from '../common/block.js';
import type { StorageError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { HookEntry, HookHost } from '../dispatch/hook-host.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import type { FastGrants } from './fast-grants.js';
import type { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerState } from './peer-state.js';
import { SendWatermark } from './send-watermark.js';

/** Blocks being read for one peer at a time. */
const maxReads = 16;
const pluginAnswerMs = 60_000;

/** What serving a peer asks of its torrent. */
export interface UploadOwner {
  readonly infoHash: InfoHash;
  readonly layout: TorrentLayout | undefined;
  /** Whether we have the piece. */
  hasPiece(piece: number): boolean;
  /** Whether peers are served now: not paused, not stopped. */
  readonly isServing: boolean;
  /** Reads a block; `done` is called once, perhaps at once. Views stay valid until `release`. */
  readForUpload(
    piece: number,
    begin: number,
    length: number,
    done: (error: StorageError | undefined, chunks: readonly Uint8Array[], release: () => void) => void,
  ): void;
}

interface QueuedRequest extends BlockRequest {
  /** It was charged to a grant: a choke does not end it. */
  readonly isGranted: boolean;
}

interface PluginAnswer extends BlockRequest {
  readonly deadlineMs: number;
  /** Takes it from what ends with the plugin. */
  readonly disown: () => void;
}

/** Requests of the remote: checked, bounded, and answered in order as the send buffer drains. */
export class UploadQueue {
  readonly #environment: PeerEnvironment;
  readonly #state: PeerState;
  readonly #hooks: HookHost<PeerPlugin>;
  readonly #sender: MessageSender;
  readonly #owner: UploadOwner;
  readonly #grants: FastGrants;
  readonly #fail: (code: string, message: string) => void;
  readonly #sendBufferBytes: () => number;
  /** The part in the rate limits of uploading. */
  readonly share: BandwidthShare;
  /** What may be sent under them, and was not yet. */
  #allowedBytes = 0;
  #queue: QueuedRequest[] = [];
  #head = 0;
  #reads = 0;
  #isPumping = false;
  /** How much of it may wait to be sent. */
  readonly #watermark: SendWatermark;
  /** The request that plugins are looking at: one may answer it at once. */
  #offered: BlockRequest | undefined;
  readonly #withPlugins = new Map<string, PluginAnswer>();

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly state: PeerState;
    readonly hooks: HookHost<PeerPlugin>;
    readonly sender: MessageSender;
    readonly owner: UploadOwner;
    readonly grants: FastGrants;
    readonly upload: BandwidthGroup;
    readonly fail: (code: string, message: string) => void;
    readonly sendBufferBytes: () => number;
  }) {
    this.#environment = options.environment;
    this.#state = options.state;
    this.#hooks = options.hooks;
    this.#sender = options.sender;
    this.#owner = options.owner;
    this.#grants = options.grants;
    this.#fail = options.fail;
    this.#sendBufferBytes = options.sendBufferBytes;
    this.#watermark = new SendWatermark(options.environment.settings);
    this.share = options.upload.share((bytes) => {
      this.#allowedBytes += bytes;
      this.pump();
    });
  }

  /** Answers a request that came while the connection was held. */
  refuse(piece: number, begin: number, length: number): void {
    this.#reject(piece, begin, length);
  }

  /** Requests that wait for an answer. */
  get size(): number {
    return this.#queue.length - this.#head + this.#withPlugins.size + this.#reads;
  }

  onRequest(piece: number, begin: number, length: number): void {
    const { settings } = this.#environment;
    const layout = this.#owner.layout;
    if (layout === undefined) {
      this.#fail('WIRE_STATE', 'a request before metadata is known');
      return;
    }
    if (!layout.isValidRequest(piece, begin, length, settings.maxRequestLengthBytes)) {
      this.#invalid(piece, begin, length);
      return;
    }
    if (!this.#owner.hasPiece(piece)) {
      this.#invalid(piece, begin, length);
      return;
    }
    if (!this.#owner.isServing || this.size >= settings.maxIncomingRequests) {
      this.#reject(piece, begin, length);
      return;
    }
    const isGranted = this.#state.isChoked && this.#grants.take(piece, length);
    if (this.#state.isClosed) return;
    if (this.#state.isChoked && !isGranted) {
      this.#reject(piece, begin, length);
      return;
    }
    if (this.#hooks.has('onRequest')) {
      const request = { piece, begin, length };
      this.#offered = request;
      const handler = this.#hooks.handledBy('onRequest', request);
      const isAnswered = this.#offered === undefined;
      this.#offered = undefined;
      if (this.#state.isClosed || isAnswered) return;
      if (handler !== undefined) {
        this.#leaveToPlugin(handler, request);
        return;
      }
    }
    if (this.#state.isChoked && !isGranted) this.#reject(piece, begin, length);
    else this.#queue.push({ piece, begin, length, isGranted });
    this.pump();
  }

  #leaveToPlugin({ scope }: HookEntry<PeerPlugin>, request: BlockRequest): void {
    const deadlineMs = this.#environment.clock.now() + pluginAnswerMs;
    const disown = scope.own(() => {
      if (this.#endWithPlugin(request)) this.#reject(request.piece, request.begin, request.length);
    });
    this.#endWithPlugin(request);
    this.#withPlugins.set(keyOf(request), { ...request, deadlineMs, disown });
  }

  /** Ends a request that is with a plugin; false where there is none. */
  #endWithPlugin(request: BlockRequest): boolean {
    const key = keyOf(request);
    const found = this.#withPlugins.get(key);
    if (found === undefined) return false;
    found.disown();
    return this.#withPlugins.delete(key);
  }

  /** A plugin answers a request of the remote. False where there is none to answer. */
  answer(piece: number, begin: number, length: number): boolean {
    const key = keyOf({ piece, begin, length });
    if (this.#offered !== undefined && keyOf(this.#offered) === key) {
      this.#offered = undefined;
      return true;
    }
    return this.#endWithPlugin({ piece, begin, length }) || this.#dequeue({ piece, begin, length });
  }

  onCancel(piece: number, begin: number, length: number): void {
    const request = { piece, begin, length };
    if (!this.#isQueued(request) && !this.#withPlugins.has(keyOf(request))) return;
    if (this.#hooks.has('onCancel') && this.#hooks.handled('onCancel', request)) return;
    if (this.#state.isClosed) return;
    if (this.#dequeue(request) || this.#endWithPlugin(request)) {
      if (this.#state.supportsFast) this.#sender.reject(piece, begin, length);
    }
  }

  /** We have choked the peer: of what is queued only pieces granted to it are served (BEP 6). */
  onChoked(): void {
    const queued = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    this.#watermark.reset();
    const refused: BlockRequest[] = [];
    for (const request of queued) {
      const { piece, length, isGranted } = request;
      const isServed = isGranted ? this.#grants.isAllowed : this.#grants.take(piece, length);
      if (isServed) this.#queue.push({ ...request, isGranted: true });
      else refused.push(request);
    }
    const withPlugins = [...this.#withPlugins.values()];
    for (const request of withPlugins) this.#endWithPlugin(request);
    for (const { piece, begin, length } of [...refused, ...withPlugins]) {
      this.#reject(piece, begin, length);
    }
  }

  /** Starts reads while there is room in the send buffer. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#startReads();
    this.#isPumping = false;
  }

  #startReads(): void {
    const nowMs = this.#environment.clock.now();
    while (this.#head < this.#queue.length && this.#reads < maxReads && !this.#state.isClosed) {
      if (!this.#watermark.hasRoom(this.#waitingBytes, nowMs)) return;
      const request = this.#queue[this.#head] as QueuedRequest;
      if (!this.#isAllowed(request.length)) return;
      this.#head++;
      if (this.#head === this.#queue.length) {
        this.#queue = [];
        this.#head = 0;
      } else if (this.#head > 512) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      this.#serve(request);
    }
    if (this.#head >= this.#queue.length) this.share.cancel();
  }

  /** Whether the rate limits let so many bytes go; where not, `share` tells when. */
  #isAllowed(bytes: number): boolean {
    if (this.#allowedBytes < bytes && this.share.isLimited) {
      if (!this.share.take(bytes)) return false;
    } else {
      this.#allowedBytes = Math.max(0, this.#allowedBytes - bytes);
    }
    return true;
  }

  /** Bytes that wait to be sent, or are being read to be sent. */
  get #waitingBytes(): number {
    return this.#sendBufferBytes() + this.#reads * blockLength;
  }

  #serve({ piece, begin, length }: BlockRequest): void {
    if (!this.#owner.hasPiece(piece) || !this.#owner.isServing) {
      this.#reject(piece, begin, length);
      return;
    }
    this.#reads++;
    this.#owner.readForUpload(piece, begin, length, (error, chunks, release) => {
      this.#reads--;
      if (this.#state.isClosed) {
        release();
        return;
      }
      if (error !== undefined) {
        release();
        this.#reject(piece, begin, length);
        this.pump();
        return;
      }
      this.#sender.piece(piece, begin, length, chunks, release);
      this.pump();
      this.#alertSent(piece, begin, length);
    });
  }

  #alertSent(piece: number, begin: number, length: number): void {
    const { alerts } = this.#environment;
    if (!alerts.wants('blockSent')) return;
    const { endpoint } = this.#state;
    alerts.post('blockSent', { infoHash: this.#owner.infoHash, endpoint, piece, begin, length });
  }

  tick(nowMs: number): void {
    for (const request of [...this.#withPlugins.values()]) {
      if (request.deadlineMs > nowMs) continue;
      this.#endWithPlugin(request);
      this.#reject(request.piece, request.begin, request.length);
    }
    this.pump();
  }

  close(): void {
    this.share.cancel();
    this.#queue = [];
    this.#head = 0;
    for (const request of [...this.#withPlugins.values()]) this.#endWithPlugin(request);
  }

  #invalid(piece: number, begin: number, length: number): void {
    const { alerts, settings } = this.#environment;
    const { endpoint } = this.#state;
    this.#state.invalidRequests++;
    alerts.post('invalidRequest', {
      infoHash: this.#owner.infoHash,
      endpoint,
      piece,
      begin,
      length,
    });
    if (this.#state.invalidRequests > settings.maxInvalidRequests) {
      this.#fail('PEER_INVALID_REQUESTS', `${this.#state.invalidRequests} requests for what is not here`);
      return;
    }
    this.#reject(piece, begin, length);
  }

  #reject(piece: number, begin: number, length: number): void {
    if (this.#state.supportsFast && !this.#state.isClosed) this.#sender.reject(piece, begin, length);
  }

  #isQueued(request: BlockRequest): boolean {
    return this.#indexOf(request) >= 0;
  }

  #indexOf({ piece, begin, length }: BlockRequest): number {
    for (let i = this.#head; i < this.#queue.length; i++) {
      const other = this.#queue[i] as QueuedRequest;
      if (other.piece === piece && other.begin === begin && other.length === length) return i;
    }
    return -1;
  }

  #dequeue(request: BlockRequest): boolean {
    const index = this.#indexOf(request);
    if (index < 0) return false;
    this.#queue.splice(index, 1);
    return true;
  }
}

function keyOf({ piece, begin, length }: BlockRequest): string {
  return `${piece}:${begin}:${length}`;
}
