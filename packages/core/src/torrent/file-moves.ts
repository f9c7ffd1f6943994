import type { AlertHub } from '../alerts/alert-hub.js';
import { isPeerloomError, type PeerloomError, SessionError, StorageError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import { storageFailure } from '../disk/storage-failure.js';
import { sanitizePathElement, sanitizeTorrentName } from '../metainfo/sanitize-path.js';
import type { TorrentContent } from './torrent-content.js';

/** Where the content comes from. */
export interface ContentSource {
  readonly content: TorrentContent | undefined;
  /** See `TorrentData.opened`. */
  opened(): Promise<TorrentContent>;
}

/** Moves a torrent's data and renames its files, whatever is under way, and tells by alerts. */
export class FileMoves {
  readonly #infoHash: InfoHash;
  readonly #alerts: AlertHub;
  readonly #source: ContentSource;

  constructor(infoHash: InfoHash, alerts: AlertHub, source: ContentSource) {
    this.#infoHash = infoHash;
    this.#alerts = alerts;
    this.#source = source;
  }

  /** Path of a file, joined by `/`; `undefined` where its storage is not open yet. */
  pathOf(file: number): string | undefined {
    return this.#source.content?.pathOf(file);
  }

  /** See `TorrentHandle.moveStorage`. */
  async moveStorage(place: string): Promise<void> {
    const infoHash = this.#infoHash;
    try {
      const { storage } = await this.#source.opened();
      if (storage.move === undefined) throw unsupported('be moved');
      await storage.move(place);
    } catch (cause) {
      const error = asPeerloomError(cause, 'move');
      this.#alerts.post('storageMoveFailed', { infoHash, place, error });
      throw error;
    }
    this.#alerts.post('storageMoved', { infoHash, place });
  }

  /** See `TorrentHandle.renameFile`. */
  async renameFile(file: number, path: string): Promise<string> {
    const infoHash = this.#infoHash;
    try {
      const content = await this.#source.opened();
      const { storage, info } = content;
      if (info.layout.files[file]?.isPad !== false) {
        throw new SessionError('SESSION_OUT_OF_RANGE', `there is no file ${file}`);
      }
      if (storage.renameFile === undefined) throw unsupported('have files renamed');
      const elements = safePath(path);
      await storage.renameFile(file, elements);
      content.renamed(file, elements);
      this.#alerts.post('fileRenamed', { infoHash, file, path: elements.join('/') });
      return elements.join('/');
    } catch (cause) {
      const error = asPeerloomError(cause, 'rename');
      this.#alerts.post('fileRenameFailed', { infoHash, file, path, error });
      throw error;
    }
  }
}

/** A storage of an application's own may reject with anything. */
function asPeerloomError(error: unknown, action: string): PeerloomError {
  return isPeerloomError(error) ? error : storageFailure(error, action, '');
}

/** The elements of a path that a torrent's file may have, changed as those of a torrent file would be. */
function safePath(path: string): readonly string[] {
  const [first = '', ...rest] = path
    .split('/')
    .map((element) => sanitizePathElement(element))
    .filter((element) => element !== '');
  if (first === '') {
    throw new StorageError('STORAGE_PATH', `not a path for a torrent's file: ${JSON.stringify(path)}`, path);
  }
  return [sanitizeTorrentName(first), ...rest];
}

function unsupported(what: string): StorageError {
  return new StorageError('STORAGE_UNSUPPORTED', `this torrent's storage can't ${what}`, '');
}
