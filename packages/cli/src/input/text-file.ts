import { open } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** Longest file that is read: enough for what an authority notes of some hundred thousand members. */
const maxTextFileBytes = 16 * 1024 * 1024;
/** What UTF-16 text begins with. */
const utf16Marks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
/** Anything for group or others. */
const othersMode = 0o077;

/** A small file that is read as a whole. */
export interface TextFile {
  readonly path: string;
  /** For messages: what it was named for. */
  readonly where: string;
  /** Codes of errors: it cannot be read or is longer than 16 MiB; others have access to it. */
  readonly codes: { readonly unreadable: string; readonly mode: string };
  /** Whether it is refused where others than its owner may read or write it; may depend on its text. */
  readonly isSecret: boolean | ((text: string) => boolean);
}

/** Text of a file, without the mark that UTF-8 may begin with. Rejects with {@link CliError}, with one of the codes given. */
export async function readTextFile({ path, where, codes, isSecret }: TextFile): Promise<string> {
  const named = `${where}: '${escapeText(path)}'`;
  const file = await open(path).catch((error: unknown) => {
    throw new CliError(codes.unreadable, `${named} cannot be read: ${errnoOf(error)}`, { cause: error });
  });
  try {
    const { mode, size } = await file.stat();
    if (size > maxTextFileBytes) throw new CliError(codes.unreadable, `${named} is longer than 16 MiB`);
    const bytes = await file.readFile();
    // As some editors and shells of Windows write.
    const isUtf16 = utf16Marks.some((mark) => bytes.subarray(0, 2).equals(mark));
    if (isUtf16) throw new CliError(codes.unreadable, `${named} is UTF-16 text; save it as UTF-8`);
    const text = new TextDecoder().decode(bytes);
    const isKept = typeof isSecret === 'function' ? isSecret(text) : isSecret;
    if (isKept && process.platform !== 'win32' && (mode & othersMode) !== 0) {
      const message = `${named} is a secret, and others than its owner have access to it; chmod 600 it`;
      throw new CliError(codes.mode, message);
    }
    return text;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(codes.unreadable, `${named} cannot be read: ${errnoOf(error)}`, { cause: error });
  } finally {
    await file.close();
  }
}

function errnoOf(error: unknown): string {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return errno === 'ENOENT' ? 'there is no such file' : errno === 'EISDIR' ? 'it is a folder' : errno;
}
