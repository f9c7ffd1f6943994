import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readvSync,
  realpathSync,
  statSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './storage-failure.js';

/** What is looked at of a file's status. */
interface FileSystemStatus {
  readonly size: number;
  readonly mtimeMs: number;
  /** Names the file has; 0 once it was deleted. */
  readonly nlink: number;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

/** The system calls that disk jobs make, all synchronous, throwing errors with an errno as `code`. */
export interface FileSystem {
  open(path: string, flags: number): number;
  close(fd: number): void;
  fstat(fd: number): FileSystemStatus;
  lstat(path: string): FileSystemStatus;
  readv(fd: number, vectors: readonly Uint8Array[], position: number): number;
  writev(fd: number, vectors: readonly Uint8Array[], position: number): number;
  /** Writes at the end of a file opened to append; returns the bytes written, which may be fewer. */
  append(fd: number, bytes: Uint8Array): number;
  /** Creates the folder with its parents; one that is there already is fine. */
  mkdir(path: string): void;
  /** Names of what is in a folder. */
  readdir(path: string): string[];
  /** The absolute path without any symbolic link. */
  realpath(path: string): string;
  /** Throws unless this process may use the file or folder so: {@link readAccess}, {@link writeAccess}. */
  access(path: string, mode: number): void;
}

/** May be read. */
export const readAccess = constants.R_OK;
/** May be written; of a folder: files may be made in it. */
export const writeAccess = constants.W_OK;

/**
 * Makes a folder with its parents. Node's own recursion answers `ENOENT` where the file system is
 * read-only; this one gives the reason.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST' && statSync(path).isDirectory()) return;
    if (errno !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
  }
}

/** {@link FileSystem} of the machine. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) => openSync(path, flags),
  close: (fd) => closeSync(fd),
  fstat: (fd) => fstatSync(fd),
  lstat: (path) => lstatSync(path),
  readv: (fd, vectors, position) => readvSync(fd, vectors, position),
  writev: (fd, vectors, position) => writevSync(fd, vectors, position),
  append: (fd, bytes) => writeSync(fd, bytes),
  mkdir: makeFolder,
  readdir: (path) => readdirSync(path),
  realpath: (path) => realpathSync.native(path),
  access: (path, mode) => accessSync(path, mode),
};

/**
 * Flags every data file is opened with: a symbolic link is refused, and a named pipe does not block.
 * Windows has neither flag.
 */
const guarded = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Flags to read a file that is there. */
export const openForReading = constants.O_RDONLY | guarded;
/** Flags to read and write a file that is there. */
export const openForWriting = constants.O_RDWR | guarded;
/** Flags to read and write a file that is created where it is not there. */
export const openOrCreate = constants.O_RDWR | constants.O_CREAT | guarded;
