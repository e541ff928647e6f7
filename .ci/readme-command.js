// Prints the command in the README's code block that follows the comment <!-- .ci/run: NAME -->.
import { readFileSync } from 'node:fs';

const name = process.argv[2];
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, afterMarker] = readme.split(`<!-- .ci/run: ${name} -->`);
const command = afterMarker?.match(/^\s*```\w*\n(.*?)\n```/s)?.[1];
if (command === undefined) throw new Error(`README.md has no code block after <!-- .ci/run: ${name} -->`);
console.log(command);
