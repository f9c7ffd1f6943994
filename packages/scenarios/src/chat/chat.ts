import type { Scenario, ScenarioEvent } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { chat as chatExtension, chatKey } from './chat-extension.js';

const defaultSizeBytes = 4 * 1024 * 1024;
const names = ['ada', 'bob', 'cyd', 'dan'] as const;

/** Who says what, and upon hearing what. Ada and Dan are three connections apart. */
const script: readonly { readonly who: string; readonly text: string; readonly after?: string }[] = [
  { who: 'ada', text: 'does anybody hear me at the other end?' },
  { who: 'dan', text: 'yes, through two others', after: 'does anybody hear me at the other end?' },
  { who: 'bob', text: 'I only pass it on', after: 'yes, through two others' },
  { who: 'ada', text: 'that is enough', after: 'I only pass it on' },
];

/** Sessions in a row talk over a message of their own (BEP 10) while they share a file. */
export const chat: Scenario = {
  name: 'chat',
  about: 'four sessions in a row chat over an extension message',
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
      heard.push(`${node} hears ${from}: ${text}`);
      options.report({
        type: 'note',
        elapsedMs: event.elapsedMs,
        message: `${node} hears ${from}: ${text}`,
      });
      onHeard(node, String(text));
    };
    return Swarm.run({ ...options, report }, async (swarm) => {
      swarm.note('making the data and its torrent');
      const file = await SharedFile.create(swarm, { name: 'chat.bin', sizeBytes, owners: ['ada'] });
      const nodes = await Promise.all(
        names.map((name, index) =>
          swarm.addNode(name, index === 0 ? 'seed' : 'leech', { extensions: [chatExtension(name)] }),
        ),
      );
      const say = (who: string, text: string): void => {
        nodes
          .find(({ name }) => name === who)
          ?.torrent?.plugin(chatKey)
          ?.say(text);
      };

      // Both ends of each of the connections join.
      const allJoined = countdown((names.length - 1) * 2, (step) => {
        onJoined = step;
      });
      // Everybody but who says it hears a line.
      const allHeard = countdown(script.length * (names.length - 1), (step) => {
        onHeard = (who, text) => {
          for (const { who: next, text: answer, after } of script)
            if (next === who && after === text) say(who, answer);
          step();
        };
      });
      swarm.note(`${names.join(' – ')}: each is connected to the next one`);
      const torrents = nodes.map((node, index) =>
        node.add(file.metainfo, nodes.slice(Math.max(0, index - 1), index)),
      );
      await swarm.wait(allJoined);
      for (const { who, text, after } of script) if (after === undefined) say(who, text);
      await swarm.watch(Promise.all([allHeard, ...torrents.map((torrent) => torrent.finished())]));

      const expected = script.flatMap(({ who, text }) =>
        names.filter((name) => name !== who).map((name) => `${name} hears ${who}: ${text}`),
      );
      const rightCount = expected.filter((line) => heard.includes(line)).length;
      const wanted = nodes.slice(1);
      return resultOf(
        [
          countCheck('linesHeard', 'lines heard', rightCount, expected.length),
          countCheck('linesOnce', 'of them once', expected.length, heard.length),
          await file.checkCopies(swarm, wanted),
        ],
        [],
      );
    });
  },
};

/** Resolves when the step that it hands out has been called so many times. */
function countdown(count: number, take: (step: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    take(() => {
      if (--left === 0) resolve();
    });
  });
}
