import { join } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from './repository.js';

/** What a plugin is handed: everything that it can do, it does through one of these. */
export const pluginInterfaces: ReadonlySet<string> = new Set([
  'SessionContext',
  'TorrentContext',
  'PeerContext',
  'TorrentPolicy',
  'PieceHold',
  'PeerHold',
  'PeerDeadline',
  'MessageChannel',
  'HandshakeBuilder',
  'DiskBufferHolder',
  'ExtensionHandle',
]);

/**
 * The members of these interfaces that sources use, as `PeerContext.hold`: read, called, or taken apart. Found by
 * their types, so that another `send` is not taken for that of a peer.
 *
 * @param folder From the root of the repository; it has a tsconfig.json.
 * @param isSource Which of the folder's files are looked at.
 */
export function interfaceUses(folder: string, isSource: (path: string) => boolean): ReadonlySet<string> {
  const at = join(repositoryRoot, folder);
  const config = ts.readConfigFile(join(at, 'tsconfig.json'), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config.config, ts.sys, at);
  const program = ts.createProgram(fileNames.filter(isSource), options);
  const checker = program.getTypeChecker();
  const uses = new Set<string>();

  const add = (symbol: ts.Symbol | undefined): void => {
    for (const { parent } of symbol?.declarations ?? []) {
      if (!ts.isInterfaceDeclaration(parent) || !pluginInterfaces.has(parent.name.text)) continue;
      uses.add(`${parent.name.text}.${symbol?.name}`);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) add(checker.getSymbolAtLocation(node.name));
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) add(checker.getTypeAtLocation(node.parent).getProperty(name.text));
    }
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) if (isSource(source.fileName)) visit(source);
  return uses;
}
