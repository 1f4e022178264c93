// What a person does with the page: filters, keys, theme, printing.

const FILTERS = ['path', 'severity', 'rule', 'label', 'where', 'decision', 'sort'];

// Applies `change` to what is wanted. `jump` brings the list into view.
function filter(change, jump) {
  Object.assign(wanted, change);
  for (const id of FILTERS) $(id).value = wanted[id];
  update();
  if (jump) $('findings').focus();
}

function update() {
  shown = select();
  current = -1;
  lay();
  const n = total(shown, (secret) => secret.places.length);
  const hidden = shown.filter((secret) => !secret.counts).length;
  tell(`${shown.length === secrets.length ? '' : `${number(shown.length)} of `}${count(secrets.length, 'secret')}, in ${count(n, 'place')}${hidden ? `; ${number(hidden)} suppressed` : ''}`, 'count');
  tell(wanted.bucket ? `first committed in ${wanted.bucket.name}` : '', 'active');
  tell(shown.length ? '' : secrets.length ? 'Nothing fits these filters.' : 'Nothing is reported.', 'none');
  $('bulk').disabled = !shown.some((secret) => secret.counts);
  toggles.forEach((show) => show());
}

function options(id, all) {
  $(id).replaceChildren(el('option', { value: '' }, 'any'), ...all.map(([value, name]) => el('option', { value }, name)));
}

function theme(dark, chosen) {
  if (chosen) document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  $('theme').setAttribute('aria-pressed', dark);
}

function reset() {
  Object.assign(wanted, { words: [], bucket: null });
  $('q').value = '';
  filter({ ...Object.fromEntries(FILTERS.map((id) => [id, ''])), sort: data.sort }, false);
  if (counted.length) byPlace();
}

// The secret that the focus is in, or the one that keys moved to.
function focused(node = document.activeElement) {
  const at = node.closest('.secret')?.dataset.at;
  return at === undefined ? current : Number(at);
}

function act(name, secret, button) {
  if (!secret) return;
  if (name === 'open') turn(secret);
  else if (name === 'true') decide([[secret, decisions.get(secret.id)?.kind === 'true' ? null : { kind: 'true' }]], 'Marked true, or no longer.');
  else if (name === 'clear') decide([[secret, null]], 'Decision taken back.');
  else if (name === 'copy') copy(button.dataset.text);
  else ask([secret], name);
}

function showDecisions() {
  showExport();
  $('export').showModal();
}

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !$('keys').checked || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input, select, textarea')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const at = focused();
  const keys = {
    j: () => go(at + 1), k: () => go(at - 1), g: () => go(0), G: () => go(shown.length - 1), o: 'open', t: 'true', f: 'false', a: 'accept',
    u: undo, '/': () => $('q').focus(), x: reset, e: showDecisions, d: () => $('theme').click(), '?': () => $('help').showModal(),
  };
  const run = Object.hasOwn(keys, event.key) && keys[event.key];
  const severity = '4321'.indexOf(event.key);
  if (severity >= 0) filter({ severity: wanted.severity === String(severity) ? '' : String(severity) }, false);
  else if (typeof run === 'string') act(run, shown[at]);
  else if (run) run();
  else return;
  event.preventDefault();
}

function listen() {
  const on = (id, run, type = 'click') => $(id).addEventListener(type, run);
  let timer;
  on('filters', (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      wanted.words = words($('q').value);
      filter(Object.fromEntries(FILTERS.map((id) => [id, $(id).value])), false);
    }, event.target.type === 'search' ? 150 : 0);
  }, 'input');
  on('filters', (event) => event.preventDefault(), 'submit');
  on('reset', (event) => { event.preventDefault(); reset(); });
  on('list', (event) => {
    const button = event.target.closest('[data-act]');
    if (!button) return;
    current = focused(button);
    act(button.dataset.act, shown[current], button);
  });
  document.addEventListener('keydown', key);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  theme(scheme.matches);
  scheme.addEventListener('change', () => document.documentElement.dataset.theme || theme(scheme.matches));
  on('theme', () => theme($('theme').getAttribute('aria-pressed') !== 'true', true));
  on('open-help', () => $('help').showModal());
  on('open-export', showDecisions);
  on('bulk', () => ask(shown.filter((secret) => secret.counts), 'false'));
  on('as-ignores', () => showExport('ignores'));
  on('as-list', () => showExport('list'));
  on('download', download);
  on('copy', () => copy($('exported').value, 'export-told'));
  on('load', async ({ target }) => {
    const [file] = target.files;
    if (file) load(await file.text());
    target.value = '';
  }, 'change');
  on('forget', () => { decide(decided().map((secret) => [secret, null]), ''); showExport(); });
  on('decide-form', submit, 'submit');
  on('decide-form', fields, 'change');
  for (const button of document.querySelectorAll('[data-close]')) button.addEventListener('click', () => button.closest('dialog').close());
  addEventListener('beforeunload', (event) => { if (unsaved) event.preventDefault(); });
  // Paper cannot scroll: it gets the cards themselves, opened if there are few.
  addEventListener('beforeprint', () => {
    if (shown.length <= 60) shown.forEach((secret) => opened.add(secret));
    lay();
    watcher.disconnect();
    [...$('list').children].forEach((page, i) => { page.hidden = i >= 20; if (i < 20) mount(page); });
    if (shown.length > 20 * PAGE) tell(`The first ${number(20 * PAGE)} are printed; filter to print others.`, 'active');
  });
  addEventListener('afterprint', update);
}

function start() {
  const used = [...new Set(places.map((place) => place.rule))].sort((a, b) => text(a.title, b.title));
  const labels = data.labels.filter((label) => secrets.some((secret) => secret.labels.has(label)));
  options('severity', [3, 2, 1, 0].map((severity) => [severity, SEVERITIES[severity]]));
  options('rule', used.map((rule) => [rule.id, rule.title]));
  options('label', labels.map(([label]) => [label, label]));
  $('label').parentElement.hidden = !labels.length;
  $('where').parentElement.hidden = secrets.every((secret) => secret.head === null);
  receipt();
  $('overview').hidden = !counted.length;
  $('filters').hidden = $('bulk').hidden = $('count').hidden = !secrets.length;
  if (counted.length) [bySeverity, byRule, byPlace, byAge].forEach((draw) => draw());
  listen();
  filter({ sort: data.sort }, false);
  $('broken').remove();
  $('page').hidden = false;
}

start();
