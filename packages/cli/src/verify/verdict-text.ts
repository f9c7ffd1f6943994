import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatCount } from '../output/format.js';
import type { FileVerdict } from './file-verdict.js';

/** One line that says what is wrong with a file. */
export function verdictText(file: FileVerdict): string {
  return `${escapeText(file.path)}: ${whatIsWrong(file)}`;
}

function whatIsWrong(file: FileVerdict): string {
  const { verdict, lengthBytes, actualLengthBytes, wrongPieces, uncheckedPieceCount, pieceCount } = file;
  const wrong = wrongPieces.length > 0 ? `${wrongText(wrongPieces)} of ${pieceCount}` : '';
  switch (verdict) {
    case 'ok':
      return 'ok';
    case 'missing':
      return 'missing';
    case 'notAFile':
      return 'not a regular file';
    case 'tooShort': {
      const short = `${formatBytes(actualLengthBytes)} of ${formatBytes(lengthBytes)}, ${formatCount(lengthBytes - actualLengthBytes, 'byte')} missing`;
      return wrong === '' ? short : `${short}, ${wrong}`;
    }
    case 'wrong':
      return actualLengthBytes > lengthBytes ? `${wrong}, ${excess(file)}` : wrong;
    case 'tooLong':
      return excess(file);
    case 'unchecked': {
      const pieces = formatCount(uncheckedPieceCount, 'piece');
      return `${pieces} of ${pieceCount} cannot be checked: shared with a file that is not all there`;
    }
  }
}

function wrongText(pieces: readonly number[]): string {
  return pieces.length === 1
    ? `piece ${pieces[0]} is wrong, 1`
    : `${pieces.length} pieces are wrong (from ${pieces[0]})`;
}

function excess({ lengthBytes, actualLengthBytes }: FileVerdict): string {
  return `${formatCount(actualLengthBytes - lengthBytes, 'byte')} too long`;
}
