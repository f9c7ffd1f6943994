import { StorageError } from '../common/errors.js';

const codesByErrno: Readonly<Record<string, string>> = {
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  EACCES: 'STORAGE_PERMISSION',
  EPERM: 'STORAGE_PERMISSION',
  EROFS: 'STORAGE_READ_ONLY',
  ENOENT: 'STORAGE_NOT_FOUND',
  EISDIR: 'STORAGE_NOT_A_FILE',
  ENOTDIR: 'STORAGE_NOT_A_FILE',
  EEXIST: 'STORAGE_NOT_A_FILE',
  ENXIO: 'STORAGE_NOT_A_FILE',
  ELOOP: 'STORAGE_SYMLINK',
};

const wordsByCode: Readonly<Record<string, string>> = {
  STORAGE_FULL: 'no space is left',
  STORAGE_PERMISSION: 'permission is denied',
  STORAGE_READ_ONLY: 'the file system is read-only',
  STORAGE_NOT_FOUND: 'there is no such file or folder',
  STORAGE_NOT_A_FILE: 'a file is where a folder should be, or the other way round',
  STORAGE_SYMLINK: 'it is a symbolic link',
  STORAGE_IO: 'the system refused',
};

/** The system's name of an error (`ENOENT`, …), or `undefined` where `error` is no system error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The {@link StorageError} for a failed system call; one that is a `StorageError` already is returned as
 * it is. `STORAGE_IO` stands for every errno without a code of its own.
 *
 * @param action What was tried, as a verb: `write`, `open`.
 * @param path The file concerned, relative to the storage's root.
 */
export function storageFailure(error: unknown, action: string, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const errno = errnoOf(error);
  const code = (errno === undefined ? undefined : codesByErrno[errno]) ?? 'STORAGE_IO';
  const detail = errno ?? (error instanceof Error ? error.message : String(error));
  return new StorageError(code, `cannot ${action} '${path}': ${wordsByCode[code]} (${detail})`, path, {
    cause: error,
  });
}

/** What crosses the thread boundary of a {@link StorageError}: structured cloning drops its class. */
export interface PortableFailure {
  readonly code: string;
  readonly message: string;
  readonly path: string;
}

/** The parts of a failure that a worker sends. */
export function toPortable(error: unknown): PortableFailure {
  const { code, message, path } = storageFailure(error, 'work on', '');
  return { code, message, path };
}

/** The error a worker sent, as a {@link StorageError} again. */
export function fromPortable(failure: PortableFailure): StorageError {
  return new StorageError(failure.code, failure.message, failure.path);
}
