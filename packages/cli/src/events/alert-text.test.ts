import { type Alert, type AlertOf, endpoint, InfoHash, SessionError } from '@peerloom/core';
import { expect, test } from 'vitest';
import { alertText } from './alert-text.js';

const infoHash = InfoHash.fromHex('00'.repeat(20));
const remote = endpoint('2001:db8::7', 6881);

function pluginAlert(plugin: string, event: string, data: AlertOf<'plugin'>['data'] = {}): Alert {
  return { type: 'plugin', plugin, event, infoHash, endpoint: remote, data };
}

function textOf(alert: Alert): string | undefined {
  return alertText(alert)?.text;
}

test.for([
  [-1, '[2001:db8::7]:6881 is banned: sent poison'],
  [90_000, '[2001:db8::7]:6881 is banned for 1m30s: sent poison'],
] as const)('a ban of %d ms says who and why', ([durationMs, text]) => {
  const ban = { endpoint: remote, principal: undefined, reason: 'sent poison', plugin: 'x', durationMs };
  expect(textOf({ type: 'peerBanned', ...ban })).toBe(text);
});

test.for([
  ['ut_pex', 'learned', { count: 12 }, '[2001:db8::7]:6881 told of 12 peers (peer exchange)'],
  ['ut_pex', 'flood', {}, '[2001:db8::7]:6881 sends too much peer exchange'],
  ['ut_metadata', 'fault', { fault: 'hash' }, '[2001:db8::7]:6881 sends no right metadata (hash)'],
  ['closed-network', 'confirmed', { name: 'Ada' }, '[2001:db8::7]:6881 is a member: Ada'],
  ['closed-network', 'confirmed', {}, '[2001:db8::7]:6881 is a member'],
  [
    'closed-network',
    'refused',
    { code: 'CN_NO', message: 'wrong secret' },
    '[2001:db8::7]:6881 was refused: wrong secret (CN_NO)',
  ],
] as const)('%s %s of ours is told in words', ([plugin, event, data, text]) => {
  expect(textOf(pluginAlert(plugin, event, data))).toBe(text);
});

test('what smart-ban tells is told once, by the ban', () => {
  expect(textOf(pluginAlert('smart-ban', 'banned', { piece: 1 }))).toBeUndefined();
});

test.for([
  [{}, 'other: rang [2001:db8::7]:6881'],
  [{ message: 'twice' }, 'other: rang [2001:db8::7]:6881: twice'],
  [{ count: 2, isLoud: true, who: { deep: 1 } }, 'other: rang [2001:db8::7]:6881: count 2, isLoud true'],
  [{ text: 'x'.repeat(500) }, `other: rang [2001:db8::7]:6881: text ${'x'.repeat(155)}…`],
] as const)('an extension that is not known is told with its plain data: %j', ([data, text]) => {
  expect(textOf(pluginAlert('other', 'rang', data))).toBe(text);
});

test('an event of ours that is called like a property of all objects is no word of ours', () => {
  expect(textOf(pluginAlert('ut_pex', 'constructor'))).toBe('ut_pex: constructor [2001:db8::7]:6881');
  expect(textOf(pluginAlert('constructor', 'name'))).toBe('constructor: name [2001:db8::7]:6881');
});

test('faults of extensions and of the engine are problems', () => {
  const fault: Omit<AlertOf<'pluginFault'>, 'type'> = {
    plugin: 'x',
    scope: 'peer',
    hook: 'onPiece',
    error: new Error('broken'),
    infoHash,
    endpoint: remote,
    action: 'peerClosed',
  };
  expect(alertText({ type: 'pluginFault', ...fault })).toMatchObject({
    isProblem: true,
    text: 'extension x failed in onPiece: broken (the connection was closed)',
  });
  const error = new SessionError('SESSION_STOP', 'it takes too long');
  expect(alertText({ type: 'sessionError', error })).toMatchObject({
    isProblem: true,
    text: 'it takes too long (SESSION_STOP)',
  });
});

test('what others tell is not told', () => {
  expect(alertText({ type: 'pieceFinished', infoHash, piece: 1 })).toBeUndefined();
});
