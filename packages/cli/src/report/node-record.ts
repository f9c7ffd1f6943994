import { type Alert, type Endpoint, formatEndpoint } from '@peerloom/core';
import type { NodeProgress, NodeRole, NodeTraffic } from '@peerloom/scenarios';
import type { ByteSamples } from './byte-samples.js';
import { PieceRows } from './piece-rows.js';
import {
  type RecordedHashFailure,
  type RecordedNode,
  type RecordedTransfer,
  recordingLimits,
} from './recording.js';

/** What is kept of one session while a swarm runs. */
export class NodeRecord {
  readonly name: string;
  readonly role: NodeRole;
  #endpoint: Endpoint | undefined;
  readonly #hashFailures: RecordedHashFailure[] = [];
  #rows: PieceRows | undefined;
  #last: NodeProgress | undefined;
  #peakPeerCount = 0;

  constructor(name: string, role: NodeRole) {
    this.name = name;
    this.role = role;
  }

  /** It can be found there from now on. */
  listens(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
  }

  get pieceCount(): number {
    return this.#rows?.pieceCount ?? 0;
  }

  takeProgress(progress: NodeProgress, timeMs: number): void {
    this.#last = progress;
    this.#peakPeerCount = Math.max(this.#peakPeerCount, progress.peerCount);
    if (progress.pieces !== undefined) this.#rowsOf(progress.pieces.length).addAll(progress.pieces, timeMs);
  }

  #rowsOf(pieceCount: number): PieceRows {
    this.#rows ??= new PieceRows(pieceCount);
    return this.#rows;
  }

  takeAlert(alert: Alert, timeMs: number): void {
    if (alert.type === 'torrentChecked') {
      const rows = this.#rowsOf(alert.pieceCount);
      // Which ones they are where it is not all is for the next progress to say.
      if (alert.piecesHave < rows.pieceCount) return;
      for (let piece = 0; piece < rows.pieceCount; piece++) rows.add(piece, timeMs);
    } else if (alert.type === 'pieceFinished') {
      this.#rows?.add(alert.piece, timeMs);
    } else if (alert.type === 'hashFailed' && this.#rows !== undefined) {
      if (this.#hashFailures.length === recordingLimits.hashFailuresOfNode) return;
      this.#hashFailures.push({ timeMs: Math.round(timeMs), row: this.#rows.rowOf(alert.piece) });
    }
  }

  /** With whom it has exchanged most, few enough to show. */
  get #traffic(): readonly NodeTraffic[] {
    const bytes = ({ downloadedBytes, uploadedBytes }: NodeTraffic) => downloadedBytes + uploadedBytes;
    return [...(this.#last?.traffic ?? [])]
      .sort((a, b) => bytes(b) - bytes(a))
      .slice(0, recordingLimits.remotes);
  }

  /** What it got from others; and what it has sent to those of whom `isNode` is false, who do not tell themselves. */
  transfers(isNode: (name: string) => boolean): readonly RecordedTransfer[] {
    const { name } = this;
    return this.#traffic
      .flatMap(({ remote, downloadedBytes, uploadedBytes }) => [
        { from: remote, to: name, bytes: downloadedBytes },
        { from: name, to: remote, bytes: isNode(remote) ? 0 : uploadedBytes },
      ])
      .filter(({ bytes }) => bytes > 0);
  }

  recorded(samples: ByteSamples): RecordedNode {
    const last = this.#last;
    return {
      name: this.name,
      role: this.role,
      endpoint: this.#endpoint && formatEndpoint(this.#endpoint),
      haveBytes: last?.haveBytes ?? 0,
      totalBytes: last?.totalBytes ?? 0,
      downloadedBytes: last?.downloadedBytes ?? 0,
      uploadedBytes: last?.uploadedBytes ?? 0,
      peakPeerCount: this.#peakPeerCount,
      rowTimesMs: [...(this.#rows?.timesMs ?? [])],
      hashFailures: [...this.#hashFailures],
      downloadedAt: samples.of(this.name, 'downloadedBytes'),
      uploadedAt: samples.of(this.name, 'uploadedBytes'),
    };
  }
}
