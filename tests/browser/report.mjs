// Opens reports in headless Chromium and uses them. See README.md.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const program = resolve(process.argv[2] || '../../target/debug/stopleak');
const shotsAt = process.argv.indexOf('--shots');
const shots = shotsAt > 0 ? process.argv[shotsAt + 1] : null;
if (shots) mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const chrome = [process.env.CHROME, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((path) => path && existsSync(path));
if (!chrome) {
  console.log('skipped: no Chromium here; set CHROME');
  process.exit(0);
}

const home = mkdtempSync(join(tmpdir(), 'report-'));

// A token whose checksum is right, as a rule finds it. Made here, so that the file holds none.
function token(seed) {
  const signs = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let state = seed * 2654435761 % 4294967296 || 1;
  const next = () => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; state >>>= 0; return state; };
  const body = Array.from({ length: 30 }, () => signs[next() % 62]).join('');
  let crc = 0xffffffff;
  for (const byte of Buffer.from(body)) {
    crc ^= byte;
    for (let i = 0; i < 8; i += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  crc = (crc ^ 0xffffffff) >>> 0;
  let sum = '';
  while (crc) { sum = signs[crc % 62] + sum; crc = Math.floor(crc / 62); }
  return ['gh', 'p_', body, sum.padStart(6, '0')].join('');
}

function run(command, args, cwd, expected = 0) {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
  assert.equal(done.status, expected, `${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

function repository(name, files) {
  const dir = join(home, name);
  mkdirSync(dir);
  run('git', ['init', '-q', '-b', 'main'], dir);
  commit(dir, files, 'first </script><img src=x onerror=alert(3)> ${x}', '2021-03-04T05:06:07Z');
  return dir;
}

function commit(dir, files, message, date) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  run('git', ['add', '-A'], dir);
  const who = ['-c', 'user.name=Eve <b>\u202eevil', '-c', 'user.email=eve@example.com', '-c', 'commit.gpgsign=false'];
  const dated = spawnSync('git', [...who, 'commit', '-qm', message, '--date', date], { cwd: dir, env: { ...process.env, GIT_COMMITTER_DATE: date } });
  assert.equal(dated.status, 0, String(dated.stderr));
}

const browser = await puppeteer.launch({ executablePath: chrome, args: ['--no-sandbox'] });

// Opens a report; anything that it says or asks for is a failure.
async function open(file, { width = 1280, height = 1000, scheme = 'light', keep = false } = {}) {
  const context = keep || await browser.createBrowserContext();
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${error.stack}`));
  page.on('dialog', (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  // The icon of a date field is the browser's own.
  page.on('request', (request) => { if (!/^(file:|blob:|data:image\/svg)/.test(request.url())) wrong.push(`request: ${request.url()}`); });
  await page.evaluateOnNewDocument(() => {
    window.breaches = [];
    document.addEventListener('securitypolicyviolation', (event) => window.breaches.push(event.violatedDirective));
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const session = await page.createCDPSession();
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const begin = Date.now();
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const took = Date.now() - begin;
  const { metrics } = await session.send('Performance.getMetrics');
  const { value: worked } = metrics.find(({ name }) => name === 'TaskDuration');
  return {
    page, context, wrong, took, worked: Math.round(worked * 1000),
    text: (selector) => page.$eval(selector, (node) => node.textContent),
    cards: () => page.$eval('#count', (node) => Number(/^[\d,]+/.exec(node.textContent)[0].replaceAll(',', ''))),
    settled: () => new Promise((done) => { setTimeout(done, 350); }),
    shot: async (name) => { if (shots) await page.screenshot({ path: join(shots, `${name}.png`) }); },
    close: async () => {
      assert.deepEqual(await page.evaluate(() => window.breaches), []);
      assert.deepEqual(wrong, []);
      assert.equal(await page.$$eval('#list img, #list script, body > img', (all) => all.length), 0, 'text became markup');
      await page.close();
      if (!keep) await context.close();
    },
  };
}

// Runs the accessibility linter on what the page shows now. The policy of the page forbids scripts of
// others, so the linter runs in a world of its own, as an extension does.
async function lint({ page }, what) {
  const session = await page.createCDPSession();
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
    assert.equal(exceptionDetails, undefined, `${what}: ${exceptionDetails?.exception?.description}`);
    return result.value;
  };
  await evaluate(axe);
  const found = await evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations.map((v) =>
    v.id + ': ' + v.nodes.map((n) => n.target + ' ' + (n.any[0] || n.all[0] || n.none[0] || {}).message).slice(0, 3).join(' | ')))`);
  assert.deepEqual(found, [], `accessibility of ${what}`);
  await session.detach();
}

const tests = {
  async 'a history with hostile names, used as a person uses it'() {
    const dir = repository('hostile', {
      'src/<img src=x onerror=alert(1)>.txt': `a = "${token(1)}" // </script><script>alert(2)</script> <!-- \u202e \u2066 שלום\n`,
      '__proto__/constructor': `b: "${token(2)}"\n`,
      'x\u202egnp.exe/שלום.txt': `c: "${token(3)}"\n`,
      '##vso[task]x/${7*7}.env': `d: "${token(4)}"\n`,
      [`${'l'.repeat(200)}/${'o'.repeat(200)}`]: `e: "${token(5)}"\n`,
      'app/one.py': `k = "${token(6)}"\n`,
      'app/two.py': `k = "${token(6)}"\n`,
    });
    commit(dir, { 'app/three.py': `k = "${token(6)}"\nn = "${token(7)}"\n`, 'app/one.py': 'k = ""\n' }, 'later', '2024-06-01T00:00:00Z');
    const file = join(home, 'hostile.html');
    run(program, ['history', '-q', '-o', file], dir, 1);
    const whole = readFileSync(file, 'utf8');
    for (let i = 1; i <= 7; i += 1) assert(!whole.includes(token(i).slice(4, 16)), 'a secret is shown');

    const report = await open(file);
    const { page } = report;
    assert.equal(await report.cards(), 7);
    assert.match(await report.text('#verdict'), /^Complete: 7 secrets in 9 places$/);
    await report.shot('overview-light');
    await lint(report, 'the report');

    // Search and filters.
    await page.keyboard.press('/');
    await page.keyboard.type('path:app three');
    await report.settled();
    assert.equal(await report.cards(), 2);
    await page.click('#reset');
    assert.equal(await report.cards(), 7);
    await page.select('#where', 'gone');
    await report.settled();
    assert.equal(await report.cards(), 1);
    await page.click('#reset');
    await page.type('#path', 'app/*.py');
    await report.settled();
    assert.equal(await report.cards(), 2);
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await page.click('.severities button:first-child');
    assert.equal(await report.cards(), 7);
    assert.equal(await page.$eval('#severity', (node) => node.value), '3');
    await page.keyboard.press('4');
    assert.equal(await page.$eval('#list', (node) => node.hidden), true);
    assert.match(await report.text('#none'), /Nothing fits/);
    await page.keyboard.press('x');
    await page.evaluate(() => document.querySelector('.columns g').dispatchEvent(new MouseEvent('click')));
    await report.settled();
    assert.equal(await report.cards(), 6);
    await page.keyboard.press('x');
    await page.evaluate(() => document.querySelector('.map [role=button]').focus());
    await page.keyboard.press('Enter');
    assert.notEqual(await page.$eval('#path', (node) => node.value), '');
    await page.keyboard.press('x');
    await page.select('#sort', 'newest');
    await report.settled();
    assert.match(await report.text('.secret .place'), /three\.py:2/);
    await page.select('#sort', 'severity');
    await report.settled();

    // Keyboard: open all, decide all.
    await page.keyboard.press('?');
    await lint(report, 'the help');
    await report.shot('help');
    await page.keyboard.press('Escape');
    await report.settled();
    await page.keyboard.press('g');
    for (let i = 0; i < 7; i += 1) {
      await page.keyboard.press('o');
      await page.keyboard.press('j');
    }
    assert.equal(await page.$$eval('.secret .body', (all) => all.length), 7);
    await lint(report, 'open cards');
    await report.shot('open-light');
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    assert.match(await report.text('.secret .state'), /true/);
    await page.keyboard.press('u');
    assert.doesNotMatch(await report.text('.secret .state'), /true/);
    await page.keyboard.press('u');
    assert.match(await report.text('#told'), /nothing to undo/);
    await page.keyboard.press('f');
    await lint(report, 'the decision');
    await page.keyboard.type('only-here until=2001-01-01 owner=x a sample');
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
    assert.match(await report.text('#wrong'), /Say why/);
    await page.keyboard.type('a key of\u202e the emulator');
    await page.type('#owner', 'two words');
    await page.click('#decide-save');
    assert.match(await report.text('#wrong'), /one word/);
    await report.shot('decide');
    await page.$eval('#owner', (node) => { node.value = 'ops.team'; });
    await page.$eval('#until', (node) => { node.value = '2001-01-01'; });
    await page.click('#decide-save');
    assert.match(await report.text('#wrong'), /past/);
    await page.$eval('#until', (node) => { node.value = '2999-01-31'; });
    await page.click('#here');
    await page.click('#decide-save');
    assert.equal(await page.$eval('#decide', (node) => node.open), false);
    await page.select('#decision', 'open');
    await report.settled();
    assert.equal(await report.cards(), 5);
    await page.click('#bulk');
    await page.type('#reason', 'all the rest');
    await page.click('#decide-save');
    assert.equal(await page.$eval('#list', (node) => node.hidden), true);
    await page.click('#reset');
    assert.equal(await report.text('#decided'), '7');

    // Export: the program takes it, and nothing is left.
    await page.keyboard.press('e');
    const exported = await page.$eval('#exported', (node) => node.value);
    assert.match(exported, /until=2999-01-31 owner=ops\.team only-here a key of the emulator/);
    assert.match(exported, /^[0-9a-f]{32} false alarm: only-here until=2001-01-01 owner=x a sample$/m);
    await lint(report, 'the export');
    await report.shot('export');
    const session = await page.createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: home, browserContextId: page.browserContext().id });
    await page.click('#download');
    await report.settled();
    assert.equal(readFileSync(join(home, 'stopleakignore.txt'), 'utf8'), exported);
    writeFileSync(join(dir, '.stopleakignore'), exported);
    run(program, ['history', '--strict-ignores'], dir, 0);
    rmSync(join(dir, '.stopleakignore'));

    // Loading brings back what was decided; nothing stays in the browser, where other pages reach it.
    await page.click('#forget');
    assert.equal(await page.$eval('#exported', (node) => node.value), '');
    await (await page.$('#load')).uploadFile(join(home, 'stopleakignore.txt'));
    await report.settled();
    assert.equal(await page.$eval('#exported', (node) => node.value), exported);
    await page.click('#as-list');
    assert.equal(await page.$eval('#exported', (node) => node.value), '');
    await page.keyboard.press('Escape');
    const again = await open(file, { keep: report.context });
    assert.equal(await again.text('#decided'), '0');
    assert.equal(await again.page.evaluate(() => localStorage.length), 0);
    await again.close();
    await report.close();
  },

  async 'dark, narrow and on paper'() {
    const file = join(home, 'hostile.html');
    for (const [name, options] of Object.entries({ dark: { scheme: 'dark', height: 1600 }, phone: { width: 390, height: 2600 }, 'phone-dark': { width: 390, height: 2600, scheme: 'dark' } })) {
      const report = await open(file, options);
      await report.page.keyboard.press('g');
      await report.page.keyboard.press('o');
      await lint(report, name);
      const [wide, window] = await report.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert(wide <= window, `${name}: ${wide} is wider than the window`);
      await report.shot(name);
      await report.page.click('#theme');
      await lint(report, `${name}, switched`);
      await report.close();
    }
    const report = await open(file, { scheme: 'dark' });
    await report.page.pdf({ path: join(shots || home, 'print.pdf'), format: 'A4', printBackground: true });
    await report.close();
  },

  async 'nothing found, and not everything scanned'() {
    const dir = join(home, 'empty');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.txt'), 'nothing\n');
    run(program, ['scan', '.', '-q', '-o', '../empty.html'], dir, 0);
    const clean = await open(join(home, 'empty.html'));
    assert.match(await clean.text('#verdict'), /^Complete: no secrets found$/);
    await lint(clean, 'an empty report');
    await clean.shot('empty');
    await clean.close();

    writeFileSync(join(dir, 'bad.tar.gz'), Buffer.from('1f8b0800000000000003aabbccdd', 'hex'));
    run(program, ['scan', '.', '-q', '-o', '../incomplete.html'], dir, 2);
    const incomplete = await open(join(home, 'incomplete.html'));
    assert.match(await incomplete.text('#verdict'), /^Incomplete/);
    await lint(incomplete, 'an incomplete report');
    await incomplete.shot('incomplete');
    await incomplete.close();

    const whole = readFileSync(join(home, 'hostile.html'), 'utf8');
    for (const cut of [0.9, 0.99]) {
      writeFileSync(join(home, 'cut.html'), whole.slice(0, Math.floor(whole.length * cut)));
      const broken = await open(join(home, 'cut.html'));
      broken.wrong.length = 0;
      assert.equal(await broken.page.$eval('#page', (node) => node.hidden), true);
      assert.match(await broken.text('#broken'), /Do not read it as a clean result/);
      await broken.page.evaluate(() => { window.breaches = []; });
      await broken.close();
    }
  },

  async 'a hundred thousand secrets'() {
    const whole = readFileSync(join(home, 'hostile.html'), 'utf8');
    const block = (id) => new RegExp(`(id="${id}">)([\\s\\S]*?)(</script>)`);
    const rows = JSON.parse(block('rows').exec(whole)[2]);
    const rest = JSON.parse(block('rest').exec(whole)[2]);
    const [, shown] = rest.secrets[0];
    rest.secrets = [];
    rest.paths = [];
    const many = Array.from({ length: 100000 }, (_, i) => {
      const row = [...rows[i % rows.length]];
      const id = i.toString(16).padStart(16, '0').repeat(2);
      row[3] = rest.secrets.push([id, shown]) - 1;
      row[4] = rest.paths.push(`dir${i % 37}/sub${i % 411}/module${i % 5003}/file${i}.js`) - 1;
      row[7] = id;
      return row;
    });
    const json = (value) => JSON.stringify(value).replaceAll('<', '\\u003c');
    const file = join(home, 'big.html');
    writeFileSync(file, whole.replace(block('rows'), (_, a, b, c) => a + json(many) + c).replace(block('rest'), (_, a, b, c) => a + json(rest) + c));
    const report = await open(file);
    // A machine that does something else takes longer, so what counts is the work.
    console.log(`  opened in ${report.took} ms, ${report.worked} ms of work`);
    assert(report.worked < 3000, `${report.worked} ms of work`);
    assert.equal(await report.cards(), 100000);
    await report.page.keyboard.press('G');
    await report.settled();
    assert(await report.page.evaluate(() => document.activeElement.closest('.secret').dataset.at === '99999'));
    assert(await report.page.$$eval('.secret', (all) => all.length) < 500, 'too many cards exist');
    await report.page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
    await report.settled();
    assert(await report.page.evaluate(() => Boolean(document.elementFromPoint(640, 500).closest('.secret'))), 'no card in the middle');
    await report.page.type('#q', 'file4242.js');
    await report.settled();
    await report.settled();
    assert.equal(await report.cards(), 1);
    await report.close();
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}\n${error.stack}`);
  }
}
await browser.close();
rmSync(home, { recursive: true, force: true });
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
