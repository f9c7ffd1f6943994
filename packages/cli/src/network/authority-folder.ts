import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createAuthority,
  describeFile,
  type IssueOptions,
  issueMember,
  revokeMembers,
} from '@peerloom/closed-network';
import { bytesToHex, type SecureRandom, SystemSecureRandom, writeFileAtomic } from '@peerloom/core';
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
    await this.#write('issued', (await this.#readIssued()) + line, secretMode);
    return text;
  }

  /** Takes certificates back. */
  async revoke(serials: readonly Uint8Array[]): Promise<void> {
    const authority = await this.#readAuthority();
    const list = (await isThere(this.revokedPath)) ? await readNetworkFile(this.revokedPath) : undefined;
    await this.#write('revoked', revokeMembers(authority, list, serials));
  }

  /** Certificates that were issued, oldest first. */
  async issued(): Promise<readonly IssuedCertificate[]> {
    const lines = (await this.#readIssued()).split('\n').filter((line) => line !== '');
    return lines.map((line) => ({ serial: line.slice(0, 32), name: line.slice(33) }));
  }

  async #readAuthority(): Promise<string> {
    await requireFolder(this.#path, 'network');
    return readNetworkFile(join(this.#path, 'authority'));
  }

  async #readIssued(): Promise<string> {
    const path = join(this.#path, 'issued');
    return (await isThere(path)) ? readNetworkFile(path) : '';
  }

  #write(name: string, text: string, mode?: number): Promise<void> {
    return writeFileAtomic(join(this.#path, name), utf8(text), mode);
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
