// What a person does with the page: filters, keys, theme, printing.

// Applies `change` to what is wanted. `jump` brings the list into view.
function filter(change, jump) {
  Object.assign(wanted, change);
  $('path').value = wanted.path;
  for (const id of ['severity', 'rule', 'label', 'where', 'decision', 'sort']) $(id).value = wanted[id];
  update();
  if (jump) $('findings').focus();
}

function update() {
  shown = select();
  current = -1;
  lay();
  const all = secrets.length;
  const n = total(shown, (secret) => secret.places.length);
  const hidden = total(shown, (secret) => (secret.counts ? 0 : 1));
  $('count').textContent = `${shown.length === all ? '' : `${number(shown.length)} of `}${count(all, 'secret')}, in ${count(n, 'place')}${hidden ? `; ${number(hidden)} suppressed` : ''}`;
  $('active').textContent = wanted.bucket ? `first committed in ${wanted.bucket.name}` : '';
  $('none').hidden = shown.length > 0;
  $('none').textContent = all ? 'Nothing fits these filters.' : data.summary.outcome === 'incomplete' ? 'Nothing was found in what was scanned.' : 'Nothing was found.';
  $('bulk').disabled = !shown.some((secret) => secret.counts);
  toggles.forEach((show) => show());
}

function options(id, first, all) {
  $(id).replaceChildren(el('option', { value: '' }, first), ...all.map(([value, text]) => el('option', { value }, text)));
}

function theme(dark) {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  $('theme').setAttribute('aria-pressed', dark);
  try { localStorage.setItem('stopleak-theme', dark ? 'dark' : 'light'); } catch { /* The next page begins anew. */ }
}

function reset() {
  Object.assign(wanted, { words: [], bucket: null });
  $('q').value = '';
  filter({ path: '', severity: '', rule: '', label: '', where: '', decision: '', sort: 'severity' }, false);
  if (counted.length) byPlace();
}

// The secret that the focus is in, or the one that keys moved to.
function focused() {
  const at = document.activeElement.closest?.('.secret')?.dataset.at;
  return at === undefined ? current : Number(at);
}

function act(name, secret, button) {
  if (name === 'open') turn(secret);
  else if (name === 'true') decide([secret], decisions.get(secret.id)?.kind === 'true' ? null : sound({ kind: 'true' }), 'Marked true.');
  else if (name === 'clear') decide([secret], null, 'Decision taken back.');
  else if (name === 'copy') copy(button.dataset.text, tell);
  else if (name) ask([secret], name);
}

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !$('keys').checked || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input, select, textarea')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const at = focused();
  const secret = shown[at];
  const keys = {
    j: () => go(at + 1), k: () => go(at - 1), g: () => go(0), G: () => go(shown.length - 1),
    o: () => secret && turn(secret), t: () => secret && act('true', secret), f: () => secret && act('false', secret),
    a: () => secret && act('accept', secret), u: undo, '/': () => $('q').focus(), x: reset,
    e: () => { showExport(); $('export').showModal(); }, d: () => $('theme').click(), '?': () => $('help').showModal(),
  };
  const severity = '4321'.indexOf(event.key);
  if (severity >= 0) filter({ severity: wanted.severity === String(severity) ? '' : String(severity) }, false);
  else if (Object.hasOwn(keys, event.key)) keys[event.key]();
  else return;
  event.preventDefault();
}

function listen() {
  let timer;
  $('filters').addEventListener('input', (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      wanted.words = words($('q').value);
      filter(Object.fromEntries(['path', 'severity', 'rule', 'label', 'where', 'decision', 'sort'].map((id) => [id, $(id).value])), false);
    }, event.target.type === 'search' ? 150 : 0);
  });
  $('filters').addEventListener('submit', (event) => event.preventDefault());
  $('filters').addEventListener('reset', (event) => { event.preventDefault(); reset(); });
  $('list').addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    const at = event.target.closest('.secret')?.dataset.at;
    if (!button || at === undefined) return;
    current = Number(at);
    act(button.dataset.act, shown[current], button);
  });
  document.addEventListener('keydown', key);
  $('theme').addEventListener('click', () => theme($('theme').getAttribute('aria-pressed') !== 'true'));
  $('open-help').addEventListener('click', () => $('help').showModal());
  $('open-export').addEventListener('click', () => { showExport(); $('export').showModal(); });
  $('bulk').addEventListener('click', () => ask(shown.filter((secret) => secret.counts), 'false'));
  $('as-ignores').addEventListener('click', () => showExport('ignores'));
  $('as-list').addEventListener('click', () => showExport('list'));
  $('download').addEventListener('click', download);
  $('copy').addEventListener('click', () => copy($('exported').value, (text) => { $('export-told').textContent = text; }));
  $('load').addEventListener('change', async (event) => {
    const [file] = event.target.files;
    if (file) load(await file.text());
    event.target.value = '';
  });
  $('forget').addEventListener('click', () => { decide(decided(), null, 'All decisions are forgotten. u brings them back.'); showExport(); });
  $('decide').querySelector('form').addEventListener('submit', submit);
  $('decide').addEventListener('change', (event) => event.target.name === 'kind' && fields());
  for (const button of document.querySelectorAll('[data-close]')) button.addEventListener('click', () => button.closest('dialog').close());
  window.addEventListener('beforeunload', (event) => { if (unsaved && !keeps && decided().length) event.preventDefault(); });
  // Paper cannot scroll: it gets the cards themselves, opened if there are few.
  window.addEventListener('beforeprint', () => {
    if (shown.length <= 60) shown.forEach((secret) => opened.add(secret));
    lay();
    [...$('list').children].slice(0, 20).forEach((page) => { watcher.unobserve(page); mount(page); });
    if (shown.length > 20 * PAGE) $('active').textContent = `The first ${number(20 * PAGE)} are printed; filter to print others.`;
    [...$('list').children].slice(20).forEach((page) => { page.hidden = true; });
  });
  window.addEventListener('afterprint', update);
}

function start() {
  recall();
  let dark = matchMedia('(prefers-color-scheme: dark)').matches;
  try {
    const kept = localStorage.getItem('stopleak-theme');
    if (kept) { dark = kept === 'dark'; theme(dark); }
  } catch { /* The system decides. */ }
  $('theme').setAttribute('aria-pressed', dark);
  const used = [...new Set(places.map((place) => place.rule))].sort((a, b) => (a.title < b.title ? -1 : 1));
  const labels = data.labels.filter((label) => secrets.some((secret) => secret.labels.has(label)));
  options('severity', 'any', [3, 2, 1, 0].map((severity) => [String(severity), SEVERITIES[severity]]));
  options('rule', 'any', used.map((rule) => [rule.id, rule.title]));
  options('label', 'any', labels.map(([label]) => [label, label]));
  $('label').parentElement.hidden = !labels.length;
  $('where').parentElement.hidden = secrets.every((secret) => secret.head === null);
  receipt();
  $('overview').hidden = !counted.length;
  $('filters').hidden = $('bulk').hidden = $('count').hidden = !secrets.length;
  if (counted.length) [bySeverity, byRule, byPlace, byAge].forEach((draw) => draw());
  listen();
  update();
  $('decided').textContent = number(decided().length);
  $('broken').remove();
  $('page').hidden = false;
}

start();
