const maxElementBytes = 255;
const maxExtensionBytes = 32;
/** Room left for `.` and a number when a name is made unique. */
const suffixBytes = 8;

// Format characters (bidi controls, zero-width ones) and letters that show as nothing.
const invisible = /[\u034f\p{Cf}\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;
const unusable = /[/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu;
const unusableOnWindows = /[<>:"|?*]/g;
/** Names of which nothing is changed anywhere: most. Reserved ones, and `.` and `..`, are looked for as well. */
const plain = /^[\w !#$%&'()+,\-.;=@[\]^`{}~]{1,255}$/;
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
  if (plain.test(element) && !isWindows && !reservedOnWindows.test(element)) {
    return element === '.' || element === '..' ? '' : element;
  }
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

/** Cut where a number between both would make the name too long. */
export function splitForNumber(name: string): { stem: string; extension: string } {
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
