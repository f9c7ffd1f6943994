import { limits } from '../common/limits.js';

/**
 * Tiers of URLs (BEP 12) as they are kept: trimmed, each URL once, the first 200 in all, those that are
 * empty, longer than 4 096 characters or hold white space or control characters left out, and so are
 * empty tiers. What a URL's scheme means is for those that use it.
 */
export function cleanTiers(tiers: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const seen = new Set<string>();
  const isKept = (url: string): boolean => {
    if (!isPlainUrl(url) || seen.has(url) || seen.size >= limits.maxUrls) return false;
    seen.add(url);
    return true;
  };
  return tiers.map((tier) => tier.map((url) => url.trim()).filter(isKept)).filter((tier) => tier.length > 0);
}

/** One list of URLs, kept as {@link cleanTiers} does. */
export function cleanUrls(urls: readonly string[]): readonly string[] {
  return cleanTiers([urls]).flat();
}

function isPlainUrl(url: string): boolean {
  return url.length > 0 && url.length <= limits.maxUrlLength && !/[\s\p{Cc}\p{Cf}\p{Cs}]/u.test(url);
}
