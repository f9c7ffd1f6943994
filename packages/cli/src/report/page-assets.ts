import type { PageAssets } from './report-page.js';

/** Put in by the build, from `page/`. */
declare const reportScript: string;
declare const reportStyle: string;

/** The script and the style of the page, as the build has made them. */
export function builtPageAssets(): PageAssets {
  return { script: reportScript, style: reportStyle };
}
