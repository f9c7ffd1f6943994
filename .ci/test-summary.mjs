// Sums the vitest reports of the packages whose folders are given and prints `N passed, N failed` as the last line.
// A package that left no report, or ran no test, counts as a failure; with --partial (tests chosen by name) only a
// sum of nothing does.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const partial = process.argv[2] === '--partial';
const folders = process.argv.slice(partial ? 3 : 2);

let passed = 0;
let failed = 0;
let skipped = 0;

function fail(message) {
  failed += 1;
  console.log(`FAIL ${message}`);
}

for (const folder of folders) {
  const name = basename(folder);
  const path = join(folder, '.vitest/report.json');
  if (!existsSync(path)) {
    fail(`${name}: no test report; it did not build, or its test run broke off`);
    continue;
  }
  const report = JSON.parse(readFileSync(path, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  const failedBefore = failed;
  if (report.numTotalTests === 0 && !partial) fail(`${name}: ran no test`);
  for (const file of report.testResults) {
    const tests = file.assertionResults;
    // A file that cannot be loaded, or whose hooks throw, fails without a failed test.
    if (file.status === 'failed' && !tests.some(({ status }) => status === 'failed'))
      fail(`${name}: ${file.name}`);
  }
  if (!report.success && report.numFailedTests === 0 && failed === failedBefore)
    fail(`${name}: error outside tests`);
}
if (partial && passed + failed === 0) fail('no test has that name or path');

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
