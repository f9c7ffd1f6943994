// What each package.json must say, and which workspace packages it may depend on.
import { extensions, packages, publicPackages } from './workspace.mjs';

const byName = new Map(packages.map((entry) => [entry.manifest.name, entry]));
const usedBySources = ['dependencies', 'peerDependencies', 'optionalDependencies'];
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
const minimumNode = '>=20.19';

/** Workspace packages that a package.json names in the given fields, with the range. */
function workspaceDependencies({ manifest }, fields) {
  return fields
    .flatMap((field) =>
      Object.entries(manifest[field] ?? {}).map(([name, range]) => ({ field, name, range })),
    )
    .filter(({ name }) => byName.has(name));
}

function directionProblems(entry) {
  return workspaceDependencies(entry, [...usedBySources, 'devDependencies'])
    .filter(({ name }) => byName.get(name).rank >= entry.rank)
    .map(({ field, name }) => `${field} names ${name}, which is not below it`);
}

function publicProblems(entry) {
  const { manifest } = entry;
  const problems = [];
  if (manifest.license !== 'MIT') problems.push('license is not MIT');
  if (manifest.type !== 'module') problems.push('type is not module');
  if (manifest.engines?.node !== minimumNode) problems.push(`engines.node is not ${minimumNode}`);
  if (manifest.files === undefined) problems.push('has no files list');
  if (manifest.publishConfig?.access !== 'public') problems.push('publishConfig.access is not public');
  for (const script of installScripts) {
    if (manifest.scripts?.[script] !== undefined) problems.push(`runs a script on install: ${script}`);
  }
  for (const { field, name, range } of workspaceDependencies(entry, usedBySources)) {
    if (range !== 'workspace:^') problems.push(`${field}: ${name} is ${range}, not workspace:^`);
    if (byName.get(name).manifest.private) problems.push(`${field}: ${name} is private`);
  }
  return problems;
}

function extensionProblems(entry) {
  const { manifest } = entry;
  const problems = [];
  if (manifest.peerDependencies?.['@peerloom/core'] === undefined) {
    problems.push('@peerloom/core is no peer dependency');
  }
  const others = Object.keys(manifest.dependencies ?? {});
  if (others.length > 0) problems.push(`an extension has no dependencies, but names ${others.join(', ')}`);
  return problems;
}

/** Everything the package.json files say that they should not, as `path: what`. */
export function findManifestProblems() {
  const rules = [
    [packages, directionProblems],
    [publicPackages, publicProblems],
    [extensions, extensionProblems],
  ];
  return rules.flatMap(([entries, problems]) =>
    entries.flatMap((entry) => problems(entry).map((problem) => `${entry.path}/package.json: ${problem}`)),
  );
}
