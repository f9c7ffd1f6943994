import type { PeerloomError, TorrentHandle } from '@peerloom/core';
import { WantedBytes } from './wanted-bytes.js';

/** One of the torrents of a download: what is wanted of it, and what has become of it. */
export class TorrentDownload {
  readonly handle: TorrentHandle;
  readonly #wanted: WantedBytes | undefined;
  readonly #failed = new AbortController();
  /** Whether a peer has been there, so that it may come back. */
  hasMetPeer = false;

  /** `files`: the indices of the wanted ones; all where `undefined`. */
  constructor(handle: TorrentHandle, files: ReadonlySet<number> | undefined) {
    this.handle = handle;
    this.#wanted = handle.info && new WantedBytes(handle.info.layout, files);
    if (files === undefined) return;
    for (const index of handle.info?.layout.files.keys() ?? []) {
      if (!files.has(index)) handle.setFilePriority(index, 0);
    }
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
