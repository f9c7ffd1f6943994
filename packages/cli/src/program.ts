import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { createCommand } from './commands/create.js';
import { downloadCommand } from './commands/download.js';
import { infoCommand } from './commands/info.js';
import { networkCommand } from './commands/network.js';
import { seedCommand } from './commands/seed.js';
import { swarmCommand } from './commands/swarm.js';
import { verifyCommand } from './commands/verify.js';
import type { CommandContext } from './context.js';

/** The parser of the whole command line. `settle` is told what the command that ran exits with. */
export function makeProgram(context: CommandContext, settle: (exitCode: number) => void): Command {
  const program = new Command('peerloom')
    .description('BitTorrent from the command line')
    .version(manifest.version)
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 data wrong or download impossible, 2 usage or input,
3 disk, 4 --timeout passed, 130 interrupted. An interrupted download goes on
when the same command is run again.

Examples:
  peerloom swarm loopback
  peerloom create debian.iso -o debian.torrent
  peerloom seed debian.torrent --path . --listen 0.0.0.0:6881
  peerloom download debian.torrent -o downloads --peer 192.0.2.7:6881
  peerloom help download`,
    );
  for (const make of [
    createCommand,
    infoCommand,
    downloadCommand,
    seedCommand,
    verifyCommand,
    swarmCommand,
    networkCommand,
  ]) {
    program.addCommand(make(context, settle));
  }
  const inner = program.commands.flatMap(({ commands }) => commands);
  for (const command of [program, ...program.commands, ...inner]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.output.line(text.trimEnd()),
      // Errors are told in one place, whoever found them.
      writeErr: () => {},
      outputError: () => {},
    });
  }
  return program;
}
