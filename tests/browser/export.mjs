// Prints what a report exports when somebody accepts its first secret and calls the others false.
// Runs the scripts of the page without a browser, on a document that has nothing but the data.
// `tests/html.rs` runs it where node is installed.

import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

const page = readFileSync(process.argv[2], 'utf8');
const block = (id) => new RegExp(`id="${id}">([\\s\\S]*?)</script>`).exec(page)[1];
const script = /<script>([\s\S]*)<\/script>/.exec(page)[1].replace(/start\(\);\s*$/, '');
const nodes = Object.fromEntries(['rows', 'rest'].map((id) => [id, { textContent: block(id), remove() {} }]));
const document = { querySelector: () => ({ namespaceURI: '' }), getElementById: (id) => nodes[id] };
class IntersectionObserver {}

console.log(runInNewContext(`${script}
secrets.forEach((secret, i) => decisions.set(secret.id, i
  ? { kind: 'false', reason: plain('only-here until=2001-01-01\\n\\u202e a  sample') }
  : { kind: 'accept', reason: 'a key of the emulator', owner: 'ops.team', until: '2999-01-31', here: true }));
ignores()`, { document, IntersectionObserver }).trimEnd());
