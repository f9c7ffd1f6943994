/** First-party extensions by their short names, and the packages that hold them. */
export const firstPartyPackages: Readonly<Record<string, string>> = {
  'closed-network': '@peerloom/closed-network',
  'smart-ban': '@peerloom/smart-ban',
  tracker: '@peerloom/tracker',
  'ut-metadata': '@peerloom/ut-metadata',
  'ut-pex': '@peerloom/ut-pex',
};

/** What a session gets without being asked, by short name; `--no-ext` takes one out. */
export const defaultExtensions: readonly string[] = ['ut-metadata', 'ut-pex', 'smart-ban', 'tracker'];

/** The short name as it is looked up: `ut_pex` and `ut-pex` are the same extension. */
export function shortName(name: string): string {
  return name.replaceAll('_', '-');
}
