import { escapeText } from '../output/escape-text.js';

/** What {@link html} takes: text is escaped, a list is joined, `undefined` is nothing. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/** Text that is markup already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for a place between tags or in a quoted attribute; what can't be seen is made visible. */
function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (char) => entities[char] ?? '');
}

function markup(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(markup).join('');
  return escapeHtml(String(value));
}

/** Markup, with all that is put into it escaped, but for markup. Values stand between tags or in quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((text, index) => text + markup(values[index])).join(''));
}

/**
 * A value as JSON of visible ASCII that can't end the element it is in, nor begin another: a script element is no place
 * for entities.
 */
export function scriptJson(value: unknown): Html {
  const unsafe = /[<>&]|[^ -~]/g;
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return new Html(JSON.stringify(value).replace(unsafe, escaped));
}
