const maxElementBytes = 255;
const maxExtensionBytes = 32;
/** Room left for `.` and a number when a name is made unique. */
const suffixBytes = 8;

// Format characters (bidi controls, zero-width ones) and letters that show as nothing.
const invisible = /[\u034f\p{Cf}\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;
const unusable = /[/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu;
const unusableOnWindows = /[<>:"|?*]/g;
const trailingOnWindows = /[. ]+$/;
const reservedOnWindows = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(?:\.|$)/i;

const encoder = new TextEncoder();

// The folder in which the engine keeps its own state, and its 8.3 aliases on Windows.
const stateFolderNames = /^(?:\.peerloom|peerlo~\d|pe[\da-f]{4}~\d)$/i;

/**
 * One element of a path as it may be given to a file system; empty where nothing is left, which means
 * that the element is to be dropped. What shows as nothing or reverses text goes; separators, control
 * characters and line ends become `_`; `.` and `..` go; names that Windows reserves get a `_` in front,
 * everywhere, so that data can be moved; at most 255 bytes stay, a short extension among them. On Windows
 * (`isWindows`) also what its file systems refuse. Doing it twice changes nothing.
 */
export function sanitizePathElement(element: string, isWindows = process.platform === 'win32'): string {
  let name = shorten(element.replace(unusable, '_').replace(invisible, ''));
  if (isWindows) name = name.replace(unusableOnWindows, '_').replace(trailingOnWindows, '');
  if (reservedOnWindows.test(name)) name = shorten(`_${name}`);
  if (isWindows) name = name.replace(trailingOnWindows, '');
  return name === '.' || name === '..' ? '' : name;
}

/**
 * The torrent's name as the first element of its paths; empty as for {@link sanitizePathElement}. Never
 * the folder in which the engine keeps its state, which a torrent could otherwise overwrite.
 */
export function sanitizeTorrentName(name: string, isWindows = process.platform === 'win32'): string {
  const sanitized = sanitizePathElement(name, isWindows);
  return stateFolderNames.test(sanitized) ? `_${sanitized}` : sanitized;
}

/**
 * The paths of the files of one torrent with those changed that could not exist beside the others: a
 * file that has the path of an earlier one, or of a folder, gets a number before its extension. Names
 * that differ only in case or in how accents are composed count as the same, as they do on many file
 * systems. Paths must be sanitised and not empty.
 */
export function makePathsUnique(paths: readonly (readonly string[])[]): (readonly string[])[] {
  const folders = new Map<string, number>();
  const folderOf = paths.map((path) => {
    let folder = 0;
    for (const element of path.slice(0, -1)) {
      const key = `${folder}/${fold(element)}`;
      folder = folders.get(key) ?? folders.size + 1;
      folders.set(key, folder);
    }
    return folder;
  });
  const taken = new Set<string>();
  const nextNumber = new Map<string, number>();
  const isFree = (key: string): boolean => !taken.has(key) && !folders.has(key);
  return paths.map((path, index) => {
    const given = path.at(-1) ?? '';
    const prefix = `${folderOf[index] ?? 0}/`;
    let key = prefix + fold(given);
    let name = given;
    if (!isFree(key)) {
      // Counted by what the candidates are made from, so that many equal names cost no more than a few.
      const { stem, extension } = splitForNumber(given);
      const foldedStem = prefix + fold(stem);
      const foldedExtension = fold(extension);
      const series = `${foldedStem}/${foldedExtension}`;
      let number = nextNumber.get(series) ?? 0;
      do key = `${foldedStem}.${++number}${foldedExtension}`;
      while (!isFree(key));
      nextNumber.set(series, number);
      name = `${stem}.${number}${extension}`;
    }
    taken.add(key);
    return name === given ? path : [...path.slice(0, -1), name];
  });
}

/**
 * One spelling for all names that a file system may take for the same. That of two names with a dot between
 * them is the two spellings with a dot between them.
 */
function fold(name: string): string {
  // Most names; the other way costs ten times as much.
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  // A sigma is another letter at the end of a word than within.
  return name.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3').normalize('NFC');
}

function splitForNumber(name: string): { stem: string; extension: string } {
  const { stem, extension } = splitExtension(name);
  return { stem: cutToBytes(stem, maxElementBytes - byteLength(extension) - suffixBytes), extension };
}

function shorten(name: string): string {
  if (byteLength(name) <= maxElementBytes) return name;
  const { stem, extension } = splitExtension(name);
  return cutToBytes(stem, maxElementBytes - byteLength(extension)) + extension;
}

/** A long last part after a dot is no extension, nor is all of a name that begins with its only dot. */
function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  if (byteLength(extension) > maxExtensionBytes) return { stem: name, extension: '' };
  return { stem: name.slice(0, name.length - extension.length), extension };
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** The longest beginning of `text` of at most `maxBytes` UTF-8 bytes that splits no character. */
function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
