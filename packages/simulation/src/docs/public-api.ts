import { join } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from './repository.js';

/** An exported symbol, or a public member of one, by its name: `Session`, `Session.listen`. */
export interface PublicName {
  readonly name: string;
  readonly isDocumented: boolean;
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  resolveJsonModule: true,
  skipLibCheck: true,
  strict: true,
  noEmit: true,
};

/** Everything that the entries of packages export, with the members of classes and interfaces. */
export function publicNames(entries: readonly string[]): readonly PublicName[] {
  const files = entries.map((entry) => join(repositoryRoot, entry));
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();

  /** What a class implements documents its members, too. */
  function isDocumented(symbol: ts.Symbol): boolean {
    return (
      symbol.getDocumentationComment(checker).length > 0 ||
      symbol.getJsDocTags(checker).some(({ name }) => name === 'internal')
    );
  }

  function membersOf(symbol: ts.Symbol): readonly ts.Symbol[] {
    const declarations = symbol.declarations ?? [];
    const members = declarations.flatMap((declaration): readonly ts.Declaration[] => {
      const hasMembers = ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration);
      return hasMembers ? [...declaration.members].filter(isPublic) : [];
    });
    const symbols = members.flatMap((member) => {
      const name = ts.getNameOfDeclaration(member);
      return name === undefined ? [] : (checker.getSymbolAtLocation(name) ?? []);
    });
    return [...new Set(symbols)];
  }

  const exported = files.flatMap((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new TypeError(`${file} is no module`);
    return checker.getExportsOfModule(module);
  });
  const symbols = exported.map((symbol) =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol),
  );
  return [...new Set(symbols)].flatMap((symbol) => [
    { name: symbol.name, isDocumented: isDocumented(symbol) },
    ...membersOf(symbol).map((member) => ({
      name: `${symbol.name}.${member.name}`,
      isDocumented: isDocumented(member),
    })),
  ]);
}

function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false;
  // `[Symbol.asyncIterator]` and the like mean what the language says.
  if (ts.isComputedPropertyName(member.name)) return false;
  return (ts.getCombinedModifierFlags(member) & hidden) === 0;
}
