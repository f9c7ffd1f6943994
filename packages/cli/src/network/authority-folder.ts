import { mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createAuthority,
  describeFile,
  type IssueOptions,
  issueMember,
  revokeMembers,
} from '@peerloom/closed-network';
import {
  bytesToHex,
  type SecureRandom,
  StorageError,
  SystemSecureRandom,
  writeFileAtomic,
} from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { requireFolder, requireOutputFolder } from '../input/folder.js';
import { escapeText } from '../output/escape-text.js';
import { writeNewFile } from '../output/new-file.js';
import { isThere, readNetworkFile } from './network-file.js';

const secretMode = 0o600;

/** A certificate that an authority has issued, as it remembers it. */
export interface IssuedCertificate {
  /** In hexadecimal: what it is revoked by. */
  readonly serial: string;
  readonly name: string;
}

/**
 * The folder of an authority: `authority`, its key; `issued`, a line for each certificate; `revoked`, the list that
 * members are given.
 */
export class AuthorityFolder {
  readonly #path: string;
  readonly #random: SecureRandom = new SystemSecureRandom();

  constructor(path: string) {
    this.#path = path;
  }

  /** Where the revocation list is. */
  get revokedPath(): string {
    return join(this.#path, 'revoked');
  }

  /** Makes a new authority, and an empty revocation list. Gives the network's id in hexadecimal. */
  async init(): Promise<string> {
    const where = `'${escapeText(this.#path)}'`;
    await requireOutputFolder(this.#path, 'network init');
    await mkdir(this.#path, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      throw new CliError('CLI_FOLDER', `${where}: ${error.code}`, { cause: error });
    });
    const text = createAuthority(this.#random);
    const path = join(this.#path, 'authority');
    const named = `'${escapeText(path)}'`;
    await writeNewFile({ path, where: named, mode: secretMode }, utf8(text));
    await this.#write('revoked', revokeMembers(text, undefined, []));
    return bytesToHex(describeFile(text).networkId);
  }

  /** Text of a new member's key file. It is written down before it is handed out. */
  async issue(options: IssueOptions): Promise<string> {
    const text = issueMember(await this.#readAuthority(), options, this.#random);
    const description = describeFile(text);
    if (description.kind !== 'member') throw new TypeError('a member was expected');
    const line = `${bytesToHex(description.certificate.serial)} ${options.name}\n`;
    // Appended at once: of commands that run at the same time none loses the other's line.
    await this.#append(line).catch((error: NodeJS.ErrnoException) => {
      const path = join(this.#path, 'issued');
      const message = `cannot write '${escapeText(path)}': ${error.code}`;
      throw new StorageError('STORAGE_IO', message, path, { cause: error });
    });
    return text;
  }

  /**
   * Takes certificates back. Rejects with `CLI_NETWORK_MEMBER` where one was not issued here, `CLI_NETWORK_BUSY` while
   * another command does it.
   */
  async revoke(serials: readonly Uint8Array[]): Promise<void> {
    const authority = await this.#readAuthority();
    const issued = new Set((await this.issued()).map(({ serial }) => serial));
    const stranger = serials.map(bytesToHex).find((serial) => !issued.has(serial));
    if (stranger !== undefined) {
      const where = escapeText(this.#path);
      throw new CliError('CLI_NETWORK_MEMBER', `'${where}' has issued no certificate ${stranger}`);
    }
    // Each list is made from the one before: without it those revoked before would be let in again.
    await this.#alone(async () => {
      const list = await readNetworkFile(this.revokedPath);
      await this.#write('revoked', revokeMembers(authority, list, serials));
    });
  }

  /** Runs where no other command does the same. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const path = join(this.#path, 'lock');
    const lock = await open(path, 'wx', secretMode).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'EEXIST' ? 'another command is at work; if none is, delete it' : error.code;
      throw new CliError('CLI_NETWORK_BUSY', `'${escapeText(path)}': ${why}`, { cause: error });
    });
    await lock.close();
    try {
      await work();
    } finally {
      await unlink(path);
    }
  }

  /** Certificates that were issued, oldest first. */
  async issued(): Promise<readonly IssuedCertificate[]> {
    const lines = (await this.#readIssued()).split(/\r?\n/).filter((line) => line !== '');
    return lines.map((line) => ({ serial: line.slice(0, 32), name: line.slice(33) }));
  }

  async #append(line: string): Promise<void> {
    const file = await open(join(this.#path, 'issued'), 'a', secretMode);
    try {
      await file.write(line);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #readAuthority(): Promise<string> {
    await requireFolder(this.#path, 'network');
    return readNetworkFile(join(this.#path, 'authority'));
  }

  async #readIssued(): Promise<string> {
    const path = join(this.#path, 'issued');
    return (await isThere(path)) ? readNetworkFile(path) : '';
  }

  #write(name: string, text: string): Promise<void> {
    return writeFileAtomic(join(this.#path, name), utf8(text));
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
