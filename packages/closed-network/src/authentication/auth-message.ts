import { defineMessage, type MessageDefinition, rawCodec } from '@peerloom/core/plugin';

/** Longest message of an authentication. */
const maxBytes = 4096;

/** All messages of an authentication have this one name: what a stranger gets to see of it. */
export const authMessage: MessageDefinition<Uint8Array> = defineMessage<Uint8Array>()('pl_auth', rawCodec, {
  maxBytes,
});
