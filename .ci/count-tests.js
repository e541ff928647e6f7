// Adds up the JSON reports of vitest in a directory, and prints one line: 'N passed, N failed'. A file that could not be
// loaded has no tests; it counts as one that failed.
import { readdirSync, readFileSync } from 'node:fs';

const directory = process.argv[2];
const files = readdirSync(directory)
  .map((name) => JSON.parse(readFileSync(`${directory}/${name}`, 'utf8')))
  .flatMap((report) => report.testResults);
const count = (status) =>
  files.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;
const unloadable = files.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
console.log(`\n${count('passed')} passed, ${count('failed') + unloadable} failed`);
