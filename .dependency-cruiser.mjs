// Who may import whom: the layers inside core, what may touch the operating system, and the direction between packages.
import {
  coreLayers,
  extensions,
  packages,
  pureCoreFolders,
  systemCoreFolders,
  testFiles,
} from './.ci/workspace.mjs';

const any = (names) => `(${names.join('|')})`;
const core = '^packages/core/src';
const outsideWorld = [
  'net',
  'dgram',
  'dns(/promises)?',
  'http',
  'https',
  'http2',
  'tls',
  'fs(/promises)?',
  'timers(/promises)?',
  'perf_hooks',
  'child_process',
  'worker_threads',
];
const outsideWorldModules = `^(node:)?${any(outsideWorld)}$`;

/** One rule a folder of core: what it may not reach. Tests may use the folders beside their own. */
const layerRules = coreLayers.flatMap((folders, layer) =>
  folders.flatMap((folder) => {
    const higher = coreLayers.slice(layer + 1).flat();
    const beside = folders.filter((other) => other !== folder);
    const from = `${core}/${folder}/`;
    return [
      {
        name: `core-layer-${folder}`,
        comment: 'A layer of core imports lower layers only.',
        severity: 'error',
        from: { path: from },
        to: { path: [`${core}/[^/]+$`, ...(higher.length > 0 ? [`${core}/${any(higher)}/`] : [])] },
      },
      {
        name: `core-sibling-${folder}`,
        comment: 'Folders in one layer of core never import each other.',
        severity: 'error',
        from: { path: from, pathNot: testFiles },
        to: { path: beside.length > 0 ? `${core}/${any(beside)}/` : '^$' },
      },
    ];
  }),
);

/** One rule a package: it may import packages of lower rank only. */
const packageRules = packages.map(({ path, rank, manifest }) => ({
  name: `direction-${path}`,
  comment: 'core <- testing <- extensions <- scenarios <- cli <- examples, simulation, interop, benchmarks.',
  severity: 'error',
  from: { path: `^${path}/` },
  to: {
    path: packages
      .filter((other) => other.manifest.name !== manifest.name && other.rank >= rank)
      .flatMap((other) => [`^${other.path}/`, `^${other.manifest.name}(/|$)`]),
  },
}));

/** TLS is a transform of bytes there, over a connection of the context's network. */
const tlsOverConnections = '^packages/tracker/src/client/http/tls-client\\.ts$';
const extensionSources = { path: extensions.map(({ path }) => `^${path}/src/`), pathNot: testFiles };
const extensionRules =
  extensions.length === 0
    ? []
    : [
        {
          name: 'extension-imports-plugin-only',
          comment: 'Of the workspace, an extension imports @peerloom/core/plugin and nothing else.',
          severity: 'error',
          from: extensionSources,
          to: { path: ['^packages/core/', '^packages/testing/'], pathNot: '^packages/core/dist/plugin\\.' },
        },
        {
          name: 'extension-no-third-party',
          comment: 'An extension has no dependency but core.',
          severity: 'error',
          from: extensionSources,
          to: { path: 'node_modules/', dependencyTypesNot: ['core'] },
        },
        {
          name: 'extension-no-outside-world',
          comment: 'An extension gets time, network and files from its context.',
          severity: 'error',
          from: extensionSources,
          to: { path: outsideWorldModules, pathNot: '^(node:)?tls$' },
        },
        {
          name: 'extension-no-tls-of-its-own',
          comment: 'TLS opens sockets, unless it is given a stream.',
          severity: 'error',
          from: { ...extensionSources, pathNot: [testFiles, tlsOverConnections] },
          to: { path: '^(node:)?tls$' },
        },
      ];

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other belong together, or want an interface below both.',
      severity: 'error',
      from: { pathNot: `${core}/plugin/` },
      to: { circular: true },
    },
    {
      name: 'no-cycles-at-run-time',
      comment: 'The context interfaces name each other, as types.',
      severity: 'error',
      from: { path: `${core}/plugin/` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-known-folders',
      comment: 'Every folder of core has a layer in .ci/workspace.mjs.',
      severity: 'error',
      from: {},
      to: { path: `${core}/[^/]+/`, pathNot: `${core}/${any(coreLayers.flat())}/` },
    },
    {
      name: 'core-pure-folders',
      comment: 'Parsing, picking and choking use nothing of Node.',
      severity: 'error',
      from: { path: `${core}/${any(pureCoreFolders)}/`, pathNot: testFiles },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-outside-world',
      comment: 'Only the default implementations of the ports touch the operating system.',
      severity: 'error',
      from: { path: `${core}/`, pathNot: [`${core}/${any(systemCoreFolders)}/`, testFiles] },
      to: { path: outsideWorldModules },
    },
    {
      name: 'no-test-code-in-sources',
      comment: 'The build leaves tests and fakes out.',
      severity: 'error',
      from: { pathNot: testFiles },
      to: { path: testFiles },
    },
    ...layerRules,
    ...packageRules,
    ...extensionRules,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: ['node_modules', '/dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.d.ts', '.mjs', '.js'],
    },
  },
};
