import { EndpointError, MetainfoError, NetworkError, SessionError, StorageError } from '@peerloom/core';
import { expect, test } from 'vitest';
import { CliError } from './cli-error.js';
import { describeFailure } from './failure.js';

test.for([
  [new CliError('CLI_TIMEOUT', 'late', { exitCode: 4 }), 'CLI_TIMEOUT', 4],
  [new CliError('CLI_FOLDER', 'no folder'), 'CLI_FOLDER', 2],
  [new MetainfoError('METAINFO_NAME', 'no name'), 'METAINFO_NAME', 2],
  [new EndpointError('ENDPOINT_PORT', 'no port'), 'ENDPOINT_PORT', 2],
  [new StorageError('STORAGE_FULL', 'full', 'a'), 'STORAGE_FULL', 3],
  [new NetworkError('NETWORK_FAILED', 'failed'), 'NETWORK_FAILED', 1],
  [new SessionError('SESSION_STOPPED', 'stopped'), 'SESSION_STOPPED', 1],
  [new TypeError('x is undefined'), 'CLI_UNEXPECTED', 1],
] as const)('%s', ([error, code, exitCode]) => {
  expect(describeFailure(error)).toMatchObject({
    code,
    exitCode,
    message: expect.stringContaining(error.message),
  });
});

test('what is thrown may be no error at all', () => {
  expect(describeFailure('nonsense')).toMatchObject({ code: 'CLI_UNEXPECTED', exitCode: 1 });
});
