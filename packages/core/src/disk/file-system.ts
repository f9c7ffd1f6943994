import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readvSync,
  realpathSync,
  writevSync,
} from 'node:fs';

/** What is looked at of a file's status. */
interface FileSystemStatus {
  readonly size: number;
  readonly mtimeMs: number;
  /** Names the file has; 0 once it was deleted. */
  readonly nlink: number;
  isFile(): boolean;
}

/** The system calls that disk jobs make, all synchronous, throwing errors with an errno as `code`. */
export interface FileSystem {
  open(path: string, flags: number): number;
  close(fd: number): void;
  fstat(fd: number): FileSystemStatus;
  lstat(path: string): FileSystemStatus;
  readv(fd: number, vectors: readonly Uint8Array[], position: number): number;
  writev(fd: number, vectors: readonly Uint8Array[], position: number): number;
  /** Creates the folder with its parents; one that is there already is fine. */
  mkdir(path: string): void;
  /** The absolute path without any symbolic link. */
  realpath(path: string): string;
}

/** {@link FileSystem} of the machine. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) => openSync(path, flags),
  close: (fd) => closeSync(fd),
  fstat: (fd) => fstatSync(fd),
  lstat: (path) => lstatSync(path),
  readv: (fd, vectors, position) => readvSync(fd, vectors, position),
  writev: (fd, vectors, position) => writevSync(fd, vectors, position),
  mkdir: (path) => {
    mkdirSync(path, { recursive: true });
  },
  realpath: (path) => realpathSync.native(path),
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
