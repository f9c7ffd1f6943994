import { runComplianceSuite } from '@peerloom/testing';
import { describe } from 'vitest';
import { chat } from './chat/chat-extension.js';
import { giveOnce } from './give-once/give-once-extension.js';
import { torrentReader } from './streaming/torrent-reader.js';

describe('chat', () => runComplianceSuite(() => chat('somebody')));
describe('give-once', () => runComplianceSuite(giveOnce));
describe('torrent-reader', () => runComplianceSuite(torrentReader));
