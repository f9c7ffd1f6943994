import { setTimeout as sleep } from 'node:timers/promises';
import type { TorrentPluginFactory } from '@peerloom/core';
import type { Scenario, ScenarioEvent } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { chat as chatExtension, chatKey } from './chat-extension.js';

const defaultSizeBytes = 4 * 1024 * 1024;
const names = ['ada', 'bob', 'cyd', 'dan'] as const;
/** How long all may take: a line that is lost must not keep a run from ending. */
const talkMs = 20_000;

/** Who says what, and upon hearing what. Ada and Cyd are two connections apart, by Bob as by Dan. */
const script: readonly { readonly who: string; readonly text: string; readonly after?: string }[] = [
  { who: 'ada', text: 'does anybody hear me on the other side?' },
  { who: 'cyd', text: 'yes, from two sides', after: 'does anybody hear me on the other side?' },
  { who: 'bob', text: 'I only pass it on', after: 'yes, from two sides' },
  { who: 'ada', text: 'that is enough', after: 'I only pass it on' },
];

/** Sessions in a ring talk over a message of their own (BEP 10) while they share a file. */
export const chat: Scenario = chatWith(chatExtension, talkMs);

/** The scenario with another extension for each name, and another limit to how long it may take. */
export function chatWith(extension: (name: string) => TorrentPluginFactory, limitMs: number): Scenario {
  return {
    name: 'chat',
    about: 'four sessions in a ring chat over an extension message',
    run: ({ sizeBytes = defaultSizeBytes, ...options }) => {
      const heard: string[] = [];
      let onJoined = (): void => {};
      let onHeard = (_who: string, _text: string): void => {};
      const report = (event: ScenarioEvent): void => {
        options.report(event);
        if (event.type !== 'alert' || event.alert.type !== 'plugin') return;
        const { node, alert } = event;
        if (alert.event === 'joined') onJoined();
        if (alert.event !== 'line') return;
        const { from, text } = alert.data;
        const message = `${node} hears ${from}: ${text}`;
        const isNew = !heard.includes(message);
        heard.push(message);
        options.report({ type: 'note', elapsedMs: event.elapsedMs, message });
        if (isNew) onHeard(node, String(text));
      };
      return Swarm.run({ ...options, report }, async (swarm) => {
        swarm.note('making the data and its torrent');
        const file = await SharedFile.create(swarm, { name: 'chat.bin', sizeBytes, owners: ['ada'] });
        const nodes = await Promise.all(
          names.map((name, index) =>
            swarm.addNode(name, index === 0 ? 'seed' : 'leech', { extensions: [extension(name)] }),
          ),
        );
        const say = (who: string, text: string): void => {
          nodes
            .find(({ name }) => name === who)
            ?.torrent?.plugin(chatKey)
            ?.say(text);
        };
        // Everybody but who says it hears a line.
        const expected = script.flatMap(({ who, text }) =>
          names.filter((name) => name !== who).map((name) => `${name} hears ${who}: ${text}`),
        );
        const countRight = (): number => expected.filter((line) => heard.includes(line)).length;

        // Both ends of each of the connections join.
        const allJoined = countdown(names.length * 2, (step) => {
          onJoined = step;
        });
        const allHeard = new Promise<void>((resolve) => {
          onHeard = (who, text) => {
            for (const { who: next, text: answer, after } of script)
              if (next === who && after === text) say(who, answer);
            if (countRight() === expected.length) resolve();
          };
        });
        swarm.note(`${[...names, names[0]].join(' – ')}: each is connected to the next one`);
        const torrents = nodes.map((node, index) =>
          // The last one closes the ring, so that every line comes to somebody from two sides.
          node.add(
            file.metainfo,
            nodes.filter((_, to) => to === index - 1 || (index === nodes.length - 1 && to === 0)),
          ),
        );
        const talk = async (): Promise<void> => {
          await allJoined;
          for (const { who, text, after } of script) if (after === undefined) say(who, text);
          await Promise.all([allHeard, ...torrents.map((torrent) => torrent.finished())]);
        };
        await swarm.watch(Promise.race([talk(), sleep(limitMs, undefined, { ref: false })]));

        const wanted = nodes.slice(1);
        return resultOf(
          [
            countCheck('linesHeard', 'lines heard', countRight(), expected.length),
            countCheck('linesOnce', 'new lines of all that came', new Set(heard).size, heard.length),
            await file.checkCopies(swarm, wanted),
          ],
          [],
        );
      });
    },
  };
}

/** Resolves when the step that it hands out has been called so many times. */
function countdown(count: number, take: (step: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    take(() => {
      if (--left === 0) resolve();
    });
  });
}
