import { join } from 'node:path';
import ts from 'typescript';
import { readRepositoryFile } from './repository.js';

/** A TypeScript file of the repository, parsed. */
export function parseSource(path: string): ts.SourceFile {
  return ts.createSourceFile(join('/', path), readRepositoryFile(path), ts.ScriptTarget.Latest, true);
}

/** The text of a node's TSDoc comment before its tags, on one line; empty where there is none. */
export function docOf(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  const text = typeof comment === 'string' ? comment : (ts.getTextOfJSDocComment(comment) ?? '');
  return text
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Every node below a node, itself included. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}
