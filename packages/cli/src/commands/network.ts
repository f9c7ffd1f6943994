import { join } from 'node:path';
import {
  type Certificate,
  describeFile,
  type FileDescription,
  type Permission,
  permissions,
  principalOf,
} from '@peerloom/closed-network';
import { bytesToHex, hexToBytes } from '@peerloom/core';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { AuthorityFolder, type IssuedCertificate } from '../network/authority-folder.js';
import { isThere, readNetworkFile } from '../network/network-file.js';
import { escapeText } from '../output/escape-text.js';
import { formatCount } from '../output/format.js';
import { writeNewFile } from '../output/new-file.js';
import { withSummary } from '../output/summary.js';

/** Options of `peerloom network issue`, as parsed. */
interface IssueCommandOptions {
  readonly output: string;
  readonly permissions: readonly Permission[];
  readonly days: number;
}

const secondsPerDay = 86_400;
const defaultDays = 365;
const maxDays = 36_500;

/** `peerloom network`. */
export function networkCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  const { output } = context;
  const done = async (running: Promise<void>): Promise<void> => {
    await running;
    settle(exitCodes.done);
  };
  const command = new Command('network').description('who belongs to a closed network').addHelpText(
    'after',
    `
Whoever has the key of an authority decides who belongs to its network. A member
needs its key file; all should have the newest revocation list, which a running
command reads again when it changes.

Examples:
  peerloom network init office
  peerloom network issue office Ada -o ada.key
  peerloom seed a.torrent --path . --ext closed-network:member=@ada.key`,
  );
  command
    .command('init')
    .description('make a folder with the key of a new authority')
    .argument('<folder>', 'folder of the authority')
    .addHelpText('after', '\nExamples:\n  peerloom network init office')
    .action((folder: string) => done(init(output, folder)));
  command
    .command('issue')
    .description('make the key file of a new member')
    .argument('<folder>', 'folder of the authority')
    .argument('<name>', 'what the member is called, at most 64 bytes')
    .requiredOption('-o, --output <file>', 'where to write the key file')
    .option('--permissions <list>', 'download, upload or both', parsePermissions, permissions)
    .option('--days <number>', 'how long it is valid', parseDays, defaultDays)
    .addHelpText(
      'after',
      `
"download" lets a member be sent content by others, "upload" lets others ask it
for content.

Examples:
  peerloom network issue office Ada -o ada.key
  peerloom network issue office mirror -o m.key --permissions upload --days 30`,
    )
    .action((folder: string, name: string, options: IssueCommandOptions) =>
      done(issue(output, folder, name, options)),
    );
  command
    .command('revoke')
    .description("take members' certificates back")
    .argument('<folder>', 'folder of the authority')
    .argument('<members...>', 'serial numbers, as "show" tells them, or key files')
    .addHelpText(
      'after',
      `
Writes the next revocation list to FOLDER/revoked. Give it to all members.

Examples:
  peerloom network revoke office ada.key
  peerloom network revoke office 00112233445566778899aabbccddeeff`,
    )
    .action((folder: string, members: readonly string[]) => done(revoke(output, folder, members)));
  command
    .command('show')
    .description('show what is in a file of a closed network, without what is secret')
    .argument('<path>', 'key file, revocation list, or folder of an authority')
    .option('--json', 'write one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  peerloom network show ada.key\n  peerloom network show office --json',
    )
    .action(async (path: string, options: { readonly json?: true }) =>
      settle(await show(output, path, options.json === true)),
    );
  return command;
}

async function init(output: CommandContext['output'], folder: string): Promise<void> {
  const networkId = await new AuthorityFolder(folder).init();
  output.line(`${escapeText(folder)}: authority of network ${networkId}`);
}

async function issue(
  output: CommandContext['output'],
  folder: string,
  name: string,
  options: IssueCommandOptions,
): Promise<void> {
  const where = `-o '${escapeText(options.output)}'`;
  const notBefore = Math.floor(Date.now() / 1000);
  const notAfter = notBefore + options.days * secondsPerDay;
  const text = await new AuthorityFolder(folder).issue({
    name,
    permissions: options.permissions,
    notBefore,
    notAfter,
  });
  await writeNewFile({ path: options.output, where, mode: 0o600 }, new TextEncoder().encode(text));
  for (const line of describe(describeFile(text))) output.line(line);
}

async function revoke(
  output: CommandContext['output'],
  folder: string,
  members: readonly string[],
): Promise<void> {
  const serials: Uint8Array[] = [];
  for (const member of members) serials.push(await serialOf(member));
  const authority = new AuthorityFolder(folder);
  await authority.revoke(serials);
  for (const line of describe(describeFile(await readNetworkFile(authority.revokedPath)))) output.line(line);
}

/** The serial number that is meant: itself, or that of a key file. */
async function serialOf(member: string): Promise<Uint8Array> {
  const serial = member.length === 32 ? hexToBytes(member) : undefined;
  if (serial !== undefined) return serial;
  const description = describeFile(await readNetworkFile(member));
  if (description.kind === 'member') return description.certificate.serial;
  throw new CliError('CLI_NETWORK_MEMBER', `'${escapeText(member)}' is no key file of a member`);
}

async function show(output: CommandContext['output'], path: string, isJson: boolean): Promise<number> {
  let fields = {};
  return withSummary({ output, isJson, command: 'network show', fields: () => fields }, async () => {
    const key = join(path, 'authority');
    const isFolder = await isThere(key);
    const description = describeFile(await readNetworkFile(isFolder ? key : path));
    const issued = isFolder ? await new AuthorityFolder(path).issued() : undefined;
    fields = jsonOf(description, issued);
    if (isJson) return exitCodes.done;
    for (const line of describe(description)) output.line(line);
    for (const { serial, name } of issued ?? []) output.line(row('issued', `${serial}  ${name}`));
    return exitCodes.done;
  });
}

function jsonOf(
  description: FileDescription,
  issued: readonly IssuedCertificate[] | undefined,
): Readonly<Record<string, unknown>> {
  const { kind } = description;
  const network = bytesToHex(description.networkId);
  if (kind === 'member') return { kind, network, ...certificateFields(description.certificate) };
  if (kind === 'authority') return { kind, network, ...(issued !== undefined && { issued }) };
  const { number, serials } = description.list;
  return { kind, network, number, serials: serials.map(bytesToHex) };
}

function certificateFields(certificate: Certificate): Readonly<Record<string, unknown>> {
  const { name, perms, notBefore, notAfter, serial } = certificate;
  return {
    name,
    permissions: perms,
    validFrom: isoTime(notBefore),
    validUntil: isoTime(notAfter),
    serial: bytesToHex(serial),
    principal: principalOf(certificate),
  };
}

function describe(description: FileDescription): readonly string[] {
  const network = row('network', bytesToHex(description.networkId));
  if (description.kind === 'authority') return [row('file', 'key of an authority'), network];
  if (description.kind === 'revoked') {
    const { number, serials } = description.list;
    return [
      row('file', `revocation list ${number}, ${formatCount(serials.length, 'certificate')}`),
      network,
      ...serials.map((serial) => row('revoked', bytesToHex(serial))),
    ];
  }
  const { name, perms, notBefore, notAfter, serial } = description.certificate;
  return [
    row('file', 'key of a member'),
    network,
    row('name', name),
    row('serial', bytesToHex(serial)),
    row('may', perms.length === 0 ? 'nothing' : perms.join(', ')),
    row('valid', `${isoTime(notBefore)} to ${isoTime(notAfter)}`),
    row('principal', principalOf(description.certificate)),
  ];
}

function row(label: string, text: string): string {
  return `${label.padEnd(11)} ${escapeText(text)}`;
}

/** Of seconds since 1970; years too far away for a calendar as they are. */
function isoTime(seconds: number): string {
  return seconds < 8.64e12 ? new Date(seconds * 1000).toISOString() : `${seconds} s`;
}

function parsePermissions(text: string): readonly Permission[] {
  const names = text.split(',');
  const known = permissions.filter((permission) => names.includes(permission));
  if (known.length === names.length) return known;
  const message = `--permissions '${escapeText(text)}': not download, upload or download,upload`;
  throw new CliError('CLI_NETWORK_PERMISSIONS', message);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,6}$/.test(text) && days > 0 && days <= maxDays) return days;
  throw new CliError('CLI_NETWORK_DAYS', `--days '${escapeText(text)}': not a number from 1 to ${maxDays}`);
}
