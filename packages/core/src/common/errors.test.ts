import { describe, expect, it } from 'vitest';
import {
  BencodeError,
  DuplicateExtensionError,
  isPeerloomError,
  PeerloomError,
  StorageError,
} from './errors.js';

describe('PeerloomError', () => {
  it('carries a stable code, its class name, and the cause where there is one', () => {
    const cause = new Error('disk on fire');
    const error = new StorageError('STORAGE_IO', 'cannot write', 'a/b', { cause });
    expect(error).toMatchObject({ code: 'STORAGE_IO', name: 'StorageError', path: 'a/b', cause });
    expect(error).toBeInstanceOf(PeerloomError);
    expect('cause' in new PeerloomError('X', 'y')).toBe(false);
  });

  it('is recognised also from another copy of the package, and nothing else is', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('peerloom.error')]: true });
    expect(isPeerloomError(new BencodeError('BENCODE_SYNTAX', 'x'))).toBe(true);
    expect(isPeerloomError(new DuplicateExtensionError('pex', 'session'))).toBe(true);
    expect(isPeerloomError(foreign)).toBe(true);
    expect(isPeerloomError(new Error('x'))).toBe(false);
    expect(isPeerloomError({ [Symbol.for('peerloom.error')]: true })).toBe(false);
    expect(isPeerloomError(undefined)).toBe(false);
  });

  it('says where bencoded data went wrong, or -1', () => {
    expect(new BencodeError('BENCODE_SYNTAX', 'x', 7).offset).toBe(7);
    expect(new BencodeError('BENCODE_SYNTAX', 'x').offset).toBe(-1);
  });
});
