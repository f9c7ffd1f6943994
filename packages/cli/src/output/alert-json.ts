import { bytesToHex, type Endpoint, formatEndpoint, InfoHash, isPeerloomError } from '@peerloom/core';

/** Alerts of extensions may hold anything, also what holds itself. */
const maxDepth = 8;

/**
 * An alert, or what one tells, as an object for JSON: endpoints as `HOST:PORT`, infohashes and bytes in hexadecimal, errors as
 * `{ code, message }`; what is undefined is left out.
 */
export function alertJson(alert: object): Readonly<Record<string, unknown>> {
  return jsonFields(alert, maxDepth);
}

function jsonFields(object: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, jsonValue(value, depth - 1)]),
  );
}

function jsonValue(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? String(value) : value;
  if (value instanceof InfoHash) return value.hex;
  if (value instanceof Error) return errorJson(value);
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (isEndpoint(value)) return formatEndpoint(value);
  if (depth === 0) return '…';
  return Array.isArray(value) ? value.map((item) => jsonValue(item, depth - 1)) : jsonFields(value, depth);
}

/** An error for JSON; one that is not of Peerloom has code `UNEXPECTED`. */
function errorJson(error: Error): { readonly code: string; readonly message: string } {
  return { code: isPeerloomError(error) ? error.code : 'UNEXPECTED', message: error.message };
}

function isEndpoint(value: object): value is Endpoint {
  return (
    'address' in value &&
    typeof value.address === 'string' &&
    'port' in value &&
    typeof value.port === 'number' &&
    'family' in value &&
    (value.family === 4 || value.family === 6)
  );
}
