import { StorageError } from '../common/errors.js';

/** The error of a storage, which may be an application's own and throw anything. */
export function asStorageError(error: unknown, action: string): StorageError {
  if (error instanceof StorageError) return error;
  return new StorageError('STORAGE_IO', `${action} failed: ${String(error)}`, '', { cause: error });
}
