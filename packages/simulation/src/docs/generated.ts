import { alertSections } from './alerts-page.js';
import { fixedLimits, remoteLimits } from './limits-page.js';
import { readDocument } from './repository.js';
import { settingsSections } from './settings-page.js';

/** What makes each part of a document that is generated, by the name of the part. */
const generators: Readonly<Record<string, () => string>> = {
  settings: settingsSections,
  alerts: alertSections,
  fixedLimits,
  remoteLimits,
};

const part = /(^<!-- generated: (\w+) \(npm run docs\) -->\n)[\s\S]*?(^<!-- end -->$)/gm;

/** Documents of which parts are generated: from the comment that names one until `<!-- end -->`. */
export const generatedDocuments: readonly string[] = ['docs/SETTINGS.md', 'docs/ALERTS.md', 'docs/LIMITS.md'];

/** The text of a document with its generated parts made anew. Throws where it has none. */
export function generatedText(path: string): string {
  const { text } = readDocument(path);
  let count = 0;
  const filled = text.replace(part, (_, start: string, name: string, end: string) => {
    const generate = generators[name];
    if (generate === undefined) throw new TypeError(`${path}: nothing makes the part '${name}'`);
    count++;
    return `${start}\n${generate()}\n\n${end}`;
  });
  if (count === 0) throw new TypeError(`${path} has no generated part`);
  return filled;
}
