import { type AlertType, alertCategories, alertCategoryOf, defaultAlertMask } from '@peerloom/core';
import ts from 'typescript';
import { docOf, parseSource } from './syntax.js';

/** A field of an alert, as its declaration has it. */
interface AlertField {
  readonly name: string;
  readonly isOptional: boolean;
  readonly type: string;
  readonly doc: string;
}

interface DocumentedAlert {
  readonly type: AlertType;
  readonly doc: string;
  readonly fields: readonly AlertField[];
}

/** A section for each category, with its alerts and their fields, from the comments in the source. */
export function alertSections(): string {
  const alerts = documentedAlerts();
  const sections = Object.entries(alertCategories).map(([category, bit]) => {
    const entries = alerts.filter(({ type }) => alertCategoryOf[type] === category).map(entryOf);
    const heading = `## Category ${category}`;
    const off = (defaultAlertMask & bit) === 0 ? ['Off unless a reader asks for it.'] : [];
    return [heading, ...off, ...entries].join('\n\n');
  });
  return sections.join('\n\n');
}

function entryOf({ type, doc, fields }: DocumentedAlert): string {
  const lines = fields.map(
    ({ name, isOptional, type: fieldType, doc: fieldDoc }) =>
      `- \`${name}${isOptional ? '?' : ''}: ${fieldType}\`: ${lowerFirst(fieldDoc)}`,
  );
  return [`### ${type}`, doc, ...(lines.length > 0 ? [lines.join('\n')] : [])].join('\n\n');
}

/** Every alert, in the order of the source. Throws where the comment of an alert or field is missing. */
function documentedAlerts(): readonly DocumentedAlert[] {
  const source = parseSource('packages/core/src/alerts/alert.ts');
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node]),
  );

  function fieldsOfInterface(name: string): readonly AlertField[] {
    const node = interfaces.get(name);
    if (node === undefined) throw new TypeError(`there is no interface ${name} beside AlertFields`);
    const bases = node.heritageClauses?.flatMap(({ types }) => types) ?? [];
    return [
      ...bases.flatMap(({ expression }) => fieldsOfInterface(expression.getText(source))),
      ...node.members.map(fieldOf),
    ];
  }

  function fieldOf(member: ts.TypeElement): AlertField {
    if (!ts.isPropertySignature(member) || member.type === undefined) {
      throw new TypeError(`not a field: ${member.getText(source)}`);
    }
    const name = member.name.getText(source);
    const isOptional = member.questionToken !== undefined;
    return { name, isOptional, type: member.type.getText(source), doc: docOrThrow(member, name) };
  }

  function fieldsOfType(type: ts.TypeNode | undefined): readonly AlertField[] {
    if (type === undefined) return [];
    if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(fieldsOfType);
    if (ts.isTypeLiteralNode(type)) return type.members.map(fieldOf);
    return ts.isTypeReferenceNode(type) ? fieldsOfInterface(type.typeName.getText(source)) : [];
  }

  return [...(interfaces.get('AlertFields')?.members ?? [])].filter(ts.isPropertySignature).map((member) => {
    const type = member.name.getText(source) as AlertType;
    return { type, doc: docOrThrow(member, type), fields: fieldsOfType(member.type) };
  });
}

function docOrThrow(node: ts.Node, name: string): string {
  const doc = docOf(node);
  if (doc === '') throw new TypeError(`alert.ts: ${name} has no comment that says what it is`);
  return doc;
}

/** The start of a sentence, put behind a colon. */
function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
