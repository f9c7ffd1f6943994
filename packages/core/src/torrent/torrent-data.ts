import { createHash } from 'node:crypto';
import { bytesEqual } from '../common/bytes.js';
import { isPeerloomError, MetainfoError, type PeerloomError, SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import { storageFailure } from '../disk/storage-failure.js';
import { type CheckedInfo, checkInfo, type TorrentInfo } from '../metainfo/torrent-info.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import { buildInfo } from './build-info.js';
import { FileProgress } from './file-progress.js';
import { KeptMetadata } from './kept-metadata.js';
import type { PieceDownloadsOwner } from './piece-downloads.js';
import { makePicker, TorrentContent } from './torrent-content.js';
import type { TorrentEnvironment } from './torrent-environment.js';
import { TorrentWants } from './torrent-wants.js';

/** What becoming known and being checked asks of the torrent. */
export interface TorrentDataOwner {
  readonly infoHash: InfoHash;
  readonly isClosed: boolean;
  readonly pieces: PieceDownloadsOwner;
  /** The info dictionary is known: from the start, or (`isNew`) learned. */
  infoKnown(info: TorrentInfo, isNew: boolean): void;
  /** The data has been looked at: what is had is known. */
  dataChecked(picker: PiecePicker): void;
  dataFailed(error: PeerloomError): void;
  /** Follows what is had and wanted: files that became wanted are in their places. */
  updateState(): void;
}

/** What a torrent is made of, from an infohash alone to content that has been checked. */
export class TorrentData {
  readonly #environment: TorrentEnvironment;
  readonly #params: AddTorrentParams;
  readonly #owner: TorrentDataOwner;
  readonly #kept: KeptMetadata;
  #info: TorrentInfo | undefined;
  #picker: PiecePicker | undefined;
  #content: TorrentContent | undefined;
  /** The metadata has been found right; the info is being made of it. */
  #isLearning = false;
  #isChecked = false;
  #checkedBytes = 0;
  #isSequential: boolean;
  #files: FileProgress | undefined;
  #wants: TorrentWants | undefined;
  #work: Promise<void> = Promise.resolve();
  #looked: Promise<void> = Promise.resolve();
  #opening: Promise<TorrentContent> | undefined;
  #isSelecting = false;
  #isPlacing = false;

  constructor(environment: TorrentEnvironment, params: AddTorrentParams, owner: TorrentDataOwner) {
    this.#environment = environment;
    this.#params = params;
    this.#owner = owner;
    this.#isSequential = params.isSequential === true;
    const { metadata } = params.storage ?? environment.storage;
    this.#kept = new KeptMetadata(metadata, owner.infoHash, environment.alerts);
  }

  get info(): TorrentInfo | undefined {
    return this.#info;
  }

  get picker(): PiecePicker | undefined {
    return this.#picker;
  }

  get content(): TorrentContent | undefined {
    return this.#content;
  }

  get isChecked(): boolean {
    return this.#isChecked;
  }

  /** What is wanted; `undefined` before metadata. */
  get wants(): TorrentWants | undefined {
    return this.#wants;
  }

  get isSequential(): boolean {
    return this.#isSequential;
  }

  /** Also before metadata is known. */
  setSequential(on: boolean): void {
    this.#isSequential = on;
    this.#picker?.setSequential(on);
  }

  /** Bytes hashed by the check that is running or ran last. */
  get checkedBytes(): number {
    return this.#checkedBytes;
  }

  /** Begins with the metadata, where the torrent was added with it, or looks whether it was kept. */
  start(): void {
    const { torrent } = this.#params;
    if ('info' in torrent) this.#useInfo(torrent.info, false);
    else if (this.#kept.isPossible) {
      this.#looked = new Promise((looked) => {
        this.#work = this.#loadMetadata(looked);
      });
    }
  }

  /** Resolves when it is known whether the metadata was kept, and where it was, when it is known. */
  get metadataLooked(): Promise<void> {
    return this.#looked;
  }

  async #loadMetadata(looked: () => void): Promise<void> {
    const { alerts, settings } = this.#environment;
    const { infoHash } = this.#owner;
    await this.#environment.torrentLeft(infoHash);
    const bytes = await this.#kept.load(settings.maxMetadataBytes);
    if (bytes === undefined || !this.#mayLearn) return looked();
    let checked: CheckedInfo;
    try {
      checked = this.#checkInfo(bytes);
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      alerts.post('metadataRejected', { infoHash, error });
      return looked();
    }
    this.#learn(checked, true, looked);
  }

  get #mayLearn(): boolean {
    return this.#info === undefined && !this.#isLearning && !this.#owner.isClosed;
  }

  /** See `TorrentContext.setMetadata`. */
  setMetadata(bytes: Uint8Array): boolean {
    if (!this.#mayLearn) return false;
    const { alerts } = this.#environment;
    const { infoHash } = this.#owner;
    let checked: CheckedInfo;
    try {
      checked = this.#checkInfo(bytes);
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      alerts.post('metadataFailed', { infoHash, error });
      return false;
    }
    this.#learn(checked, false);
    return true;
  }

  #learn(checked: CheckedInfo, isKept: boolean, ended: () => void = () => undefined): void {
    const { alerts, clock } = this.#environment;
    const { infoHash } = this.#owner;
    this.#isLearning = true;
    const isGone = (): boolean => {
      if (this.#owner.isClosed) ended();
      return this.#owner.isClosed;
    };
    buildInfo(checked, clock, isGone, (info) => {
      alerts.post('metadataReceived', { infoHash, name: info.name, isKept });
      if (!isKept && this.#kept.isPossible) {
        this.#kept.save(info.raw, this.#environment.torrentLeft(infoHash));
      }
      this.#useInfo(info, true);
      ended();
    });
  }

  #checkInfo(bytes: Uint8Array): CheckedInfo {
    if (bytes.length > this.#environment.settings.maxMetadataBytes) {
      throw new MetainfoError('METAINFO_TOO_LARGE', `metadata of ${bytes.length} bytes`);
    }
    const { infoHash } = this.#owner;
    const digest = createHash('sha1').update(bytes).digest();
    if (!bytesEqual(digest, infoHash.toBytes())) {
      throw new MetainfoError('METAINFO_INFO_HASH', 'the metadata does not hash to the infohash');
    }
    return checkInfo(bytes, { infoHash });
  }

  #useInfo(info: TorrentInfo, isNew: boolean): void {
    const picker = makePicker(info, this.#environment.random);
    const files = new FileProgress(info.layout);
    picker.setSequential(this.#isSequential);
    this.#info = info;
    this.#picker = picker;
    this.#files = files;
    const { clock } = this.#environment;
    this.#wants = new TorrentWants({ layout: info.layout, picker, files, clock });
    this.#selectFiles(info, this.#wants);
    this.#owner.infoKnown(info, isNew);
    if (!this.#owner.isClosed) this.#work = this.#open(info, picker, files, false);
  }

  /** @param isForced All is hashed, whatever is known of it. */
  async #open(info: TorrentInfo, picker: PiecePicker, files: FileProgress, isForced: boolean): Promise<void> {
    if (this.#owner.isClosed) return;
    try {
      this.#opening = this.#openContent(info, picker, files);
      const content = await this.#opening;
      if (this.#owner.isClosed) return;
      if (this.#params.assumeComplete === true && !isForced) content.assumeComplete();
      else await this.#check(content, isForced);
    } catch (error) {
      if (this.#owner.isClosed) return;
      if (!isPeerloomError(error)) throw error;
      this.#owner.dataFailed(error);
      return;
    }
    this.#checked(picker);
  }

  async #openContent(info: TorrentInfo, picker: PiecePicker, files: FileProgress): Promise<TorrentContent> {
    const { slots, clock, alerts, storage } = this.#environment;
    // What is open already has nobody before it, and may itself be who leaves.
    if (this.#content === undefined) await this.#environment.torrentLeft(this.#owner.infoHash);
    // What is downloaded has to find its metadata the next time.
    if (this.#kept.saved) await this.#kept.saved;
    this.#content ??= await TorrentContent.open({
      info,
      picker,
      files,
      storage: this.#params.storage ?? storage,
      slots,
      clock,
      alerts,
      owner: this.#owner.pieces,
    });
    if (!this.#owner.isClosed) await this.#content.resume.lock();
    if (!this.#owner.isClosed) await this.#content.select();
    return this.#content;
  }

  /** The content, once its storage is open. Rejects with `SESSION_NO_METADATA`, or why it could not be opened. */
  async opened(): Promise<TorrentContent> {
    if (this.#opening !== undefined) return this.#opening;
    throw new SessionError('SESSION_NO_METADATA', 'the metadata is not known yet');
  }

  /** Whether files that became wanted are being put in their places. */
  get isPlacing(): boolean {
    return this.#isPlacing;
  }

  /** The priority of a file has changed. */
  fileWantChanged(file: number): void {
    const content = this.#content;
    // What is not open yet is told when it is.
    if (content === undefined || this.#opening === undefined) return;
    this.#isPlacing ||= content.isNewlyWanted(file);
    if (this.#isSelecting) return;
    this.#isSelecting = true;
    void this.#select(content);
  }

  async #select(content: TorrentContent): Promise<void> {
    // Files are selected one by one: what changes in this turn is told at once.
    await undefined;
    let failure: PeerloomError | undefined;
    try {
      const found = await content.select();
      if (this.#isChecked) {
        await content.checkFiles(found);
        await content.makeEmptyFiles();
      }
    } catch (error) {
      failure = storageFailure(error, 'select files', '');
    }
    const wasPlacing = this.#isPlacing;
    this.#isSelecting = false;
    this.#isPlacing = false;
    if (this.#owner.isClosed) return;
    if (failure) this.#owner.dataFailed(failure);
    else if (wasPlacing) this.#owner.updateState();
  }

  #checked(picker: PiecePicker): void {
    if (this.#owner.isClosed) return;
    this.#isChecked = true;
    this.#owner.dataChecked(picker);
  }

  async #check(content: TorrentContent, isForced: boolean): Promise<void> {
    const { checks, alerts } = this.#environment;
    const { infoHash } = this.#owner;
    await checks.run(infoHash.hex, async () => {
      if (isForced) await content.resume.reset();
      const resumed = isForced ? undefined : await content.resume.load();
      const { statuses, oversized } = await content.look();
      if (this.#owner.isClosed) return;
      for (const file of oversized) alerts.post('fileOversized', { infoHash, ...file });
      await content.check(statuses, resumed, (checkedBytes) => this.#progress(checkedBytes));
    });
  }

  /**
   * Goes on after a failure of the medium, looking only at what it put in doubt; where the data was not
   * checked yet, at all of it.
   */
  recover(error: PeerloomError): void {
    const picker = this.#picker;
    const content = this.#content;
    if (!this.#isChecked || picker === undefined || content === undefined) {
      void this.#again(false);
      return;
    }
    this.#isChecked = false;
    this.#checkedBytes = 0;
    this.#environment.readCache.drop(content.storage);
    this.#work = this.#work.then(() => this.#recover(content, picker, error));
  }

  async #recover(content: TorrentContent, picker: PiecePicker, error: PeerloomError): Promise<void> {
    if (this.#owner.isClosed) return;
    try {
      await content.checkFiles(await content.select());
      const { statuses } = await content.look();
      await content.recover(error, statuses, (checkedBytes) => this.#progress(checkedBytes));
    } catch (cause) {
      if (this.#owner.isClosed) return;
      if (!isPeerloomError(cause)) throw cause;
      this.#owner.dataFailed(cause);
      return;
    }
    this.#checked(picker);
  }

  /** A magnet link may name the files that are wanted (BEP 53, `so`). */
  #selectFiles({ layout }: TorrentInfo, wants: TorrentWants): void {
    const { torrent } = this.#params;
    if (!('selectedFiles' in torrent) || torrent.selectedFiles === undefined) return;
    const wanted = new Set(torrent.selectedFiles);
    for (const file of layout.files.keys()) if (!wanted.has(file)) wants.setFilePriority(file, 0);
  }

  #progress(checkedBytes: number): void {
    this.#checkedBytes = checkedBytes;
  }

  /** Hashes all of the data. Resolves when done. */
  recheck(): Promise<void> {
    return this.#again(true);
  }

  #again(isForced: boolean): Promise<void> {
    const info = this.#info;
    const picker = this.#picker;
    const files = this.#files;
    if (info === undefined || picker === undefined || files === undefined) return Promise.resolve();
    this.#isChecked = false;
    if (this.#content) this.#environment.readCache.drop(this.#content.storage);
    this.#work = this.#work.then(() => this.#open(info, picker, files, isForced));
    return this.#work;
  }

  /** Closes the storage, once nothing works on it any more. */
  async close(forgetsState: boolean): Promise<void> {
    this.#environment.checks.leave(this.#owner.infoHash.hex);
    if (this.#content) {
      this.#environment.readCache.drop(this.#content.storage);
      await this.#content.close(forgetsState);
      await this.#work;
    } else {
      await this.#work;
      await (this.#content as TorrentContent | undefined)?.close(forgetsState);
    }
    await this.#kept.saved;
    if (forgetsState) await this.#kept.forget();
  }
}
