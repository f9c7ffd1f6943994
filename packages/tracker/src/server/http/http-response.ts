/** An answer to a request. */
export interface HttpResponse {
  readonly status: HttpStatus;
  readonly body: Uint8Array;
}

const reasons = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  505: 'HTTP Version Not Supported',
} as const;

/** The statuses that a tracker uses. */
export type HttpStatus = keyof typeof reasons;

/** Methods of every path. */
export const methods = ['GET', 'HEAD'];

/** A response that says its status once more, for people. */
export function plainResponse(status: HttpStatus): HttpResponse {
  return { status, body: Buffer.from(`${reasons[status]}\n`) };
}

/** The bytes to send, as one array. To `HEAD` nothing is said of a body: what it would be only `GET` finds out. */
export function encodeHttpResponse(
  { status, body }: HttpResponse,
  { isHead, isKeptAlive }: { readonly isHead: boolean; readonly isKeptAlive: boolean },
): Uint8Array {
  const head = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    'Content-Type: text/plain',
    ...(isHead ? [] : [`Content-Length: ${body.length}`]),
    ...(status === 405 ? [`Allow: ${methods.join(', ')}`] : []),
    `Connection: ${isKeptAlive ? 'keep-alive' : 'close'}`,
    '\r\n',
  ].join('\r\n');
  const bytes = Buffer.allocUnsafe(head.length + (isHead ? 0 : body.length));
  bytes.write(head, 'latin1');
  if (!isHead) bytes.set(body, head.length);
  return bytes;
}
