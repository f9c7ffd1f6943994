import type { HostPort, PeerloomError, TorrentHandle, TorrentLayout } from '@peerloom/core';
import { WantedBytes } from './wanted-bytes.js';

/**
 * The indices of a torrent's wanted files; `undefined` where all are. Throws {@link CliError} where the torrent
 * cannot be downloaded as was asked.
 */
export type FilesOf = (layout: TorrentLayout) => ReadonlySet<number> | undefined;

/** One of the torrents of a download: what is wanted of it, and what has become of it. */
export class TorrentDownload {
  readonly handle: TorrentHandle;
  /** Peers that its magnet link names. */
  readonly peers: readonly HostPort[];
  readonly #filesOf: FilesOf;
  #wanted: WantedBytes | undefined;
  readonly #failed = new AbortController();
  /** Whether a peer has been there, so that it may come back. */
  hasMetPeer = false;

  constructor(
    handle: TorrentHandle,
    options: { readonly filesOf: FilesOf; readonly peers: readonly HostPort[] },
  ) {
    this.handle = handle;
    this.peers = options.peers;
    this.#filesOf = options.filesOf;
    this.infoKnown();
  }

  /** Its metadata may be known now: looks which files are wanted. Throws what {@link FilesOf} does. */
  infoKnown(): void {
    const { handle } = this;
    const layout = handle.info?.layout;
    if (layout === undefined) return;
    const files = this.#filesOf(layout);
    this.#wanted = new WantedBytes(layout, files);
    if (files === undefined) return;
    for (const index of layout.files.keys()) if (!files.has(index)) handle.setFilePriority(index, 0);
  }

  /** Aborts, with the error, when it fails. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** What it has failed by. */
  get error(): PeerloomError | undefined {
    return this.failed.reason;
  }

  /** Whether all that is wanted is had. */
  get isDone(): boolean {
    return this.handle.state === 'seeding' || this.handle.state === 'finished';
  }

  /** Gives it up; others may take its place in the queue. False where it was before. */
  fail(error: PeerloomError): boolean {
    if (this.failed.aborted) return false;
    this.#failed.abort(error);
    this.handle.pause();
    return true;
  }

  /** Bytes that are wanted, all pieces of selected files. */
  get wantedBytes(): number {
    return this.#wanted?.totalBytes ?? 0;
  }

  /** Those that are had. */
  get haveBytes(): number {
    const pieces = this.handle.pieces();
    return pieces === undefined ? 0 : (this.#wanted?.bytesOf(pieces) ?? 0);
  }
}
