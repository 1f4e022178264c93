// The list: one card per secret. Only the cards near the window exist, in pages of some cards each, so
// that a report with a hundred thousand secrets opens and scrolls as one with ten.

const PAGE = 30;
const GUESS = 84;
const KINDS = { true: 'true', false: 'false', accept: 'accepted' };

let shown = [];
let current = -1;
const opened = new Set();

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) mount(target);
    else unmount(target);
  }
}, { rootMargin: '900px 0px' });

// Lays out the list anew for the secrets that are `shown`.
function lay() {
  watcher.disconnect();
  const pages = [];
  for (let at = 0; at < shown.length; at += PAGE) {
    const page = document.createElement('div');
    page.dataset.from = at;
    page.style.height = `${Math.min(PAGE, shown.length - at) * GUESS}px`;
    pages.push(page);
  }
  const list = $('list');
  list.hidden = !shown.length;
  list.replaceChildren(...pages);
  pages.slice(0, 1).forEach(mount);
  pages.forEach((page) => watcher.observe(page));
}

function mount(page) {
  if (page.firstChild) return;
  const from = Number(page.dataset.from);
  page.replaceChildren(...shown.slice(from, from + PAGE).map((secret, i) => card(secret, from + i)));
  page.style.height = '';
}

function unmount(page) {
  if (page.dataset.from === '0' || !page.firstChild || page.contains(document.activeElement)) return;
  page.style.height = `${page.offsetHeight}px`;
  page.replaceChildren();
}

// Moves to the secret at `at`, and there to the button that opens it.
function go(at) {
  if (!shown.length) return;
  current = Math.max(0, Math.min(shown.length - 1, at));
  const page = $('list').children[Math.floor(current / PAGE)];
  mount(page);
  const head = page.children[current % PAGE].querySelector('.head');
  head.focus({ preventScroll: true });
  head.closest('.secret').scrollIntoView({ block: 'nearest' });
}

// Draws one card again, after something changed in it.
function redraw(secret) {
  const old = document.querySelector(`[data-id="${secret.id}"]`);
  if (!old) return;
  const focused = old.contains(document.activeElement) && document.activeElement.dataset.act;
  const made = card(secret, Number(old.dataset.at));
  old.replaceWith(made);
  if (focused) (made.querySelector(`[data-act="${focused}"]`) || made.querySelector('.head')).focus({ preventScroll: true });
}

function turn(secret, open = !opened.has(secret)) {
  if (open) opened.add(secret);
  else opened.delete(secret);
  redraw(secret);
}

const away = (href, text) => !href ? text : el('a', { href, rel: 'noopener noreferrer', target: '_blank' }, text);
const spot = (place) => `${place.path}:${place.line}:${place.column}`;

function card(secret, at) {
  const open = opened.has(secret);
  const decision = decisions.get(secret.id);
  const more = secret.places.length - 1;
  const badge = (text, title) => el('span.badge.label', { title }, text);
  const states = [
    decision ? el('span.badge', { 'data-kind': decision.kind }, KINDS[decision.kind]) : '',
    [...secret.labels].map(([label, meaning]) => badge(label, meaning)),
    secret.lead.state.standing ? badge(secret.lead.state.name) : '',
  ];
  const opener = el('button.head', { type: 'button', 'aria-expanded': open, 'data-act': 'open' },
    el('span.badge', SEVERITIES[secret.severity]),
    el('span.name', el('b', secret.rule.title), el('code', secret.value ?? secret.shown)),
    el('span.state', states),
    el('span.sub', el('span.place', spot(secret.lead)), [
      more ? `+ ${count(more, 'place')}` : '',
      secret.first ? `since ${secret.first.day}, ${secret.first.author}` : '',
      secret.head === null ? '' : secret.head ? 'still at HEAD' : 'gone from HEAD',
    ].filter(Boolean).map((text) => el('span', text))));
  return el('article.secret', {
    'aria-posinset': at + 1, 'aria-setsize': shown.length, 'aria-label': `${SEVERITIES[secret.severity]}: ${secret.rule.title}`,
    'data-id': secret.id, 'data-at': at, 'data-severity': secret.severity,
  }, el('h3', opener), open ? body(secret, decision) : '');
}

function body(secret, decision) {
  const part = (title, ...content) => el('section', el('h4', title), content);
  const rules = [...new Set([secret.lead, ...secret.places].map((place) => place.rule))].slice(0, 3);
  return el('div.body',
    el('div',
      part(count(secret.places.length, 'place'), steps(el('ol.places'), secret.places, placeItem, 10)),
      secret.places.some((place) => place.commit) ? part('History', timeline(secret)) : ''),
    el('div',
      el(decision ? 'section' : 'section.undecided', el('h4', 'Decide'), choices(decision)),
      part('What to do', advice(secret, rules)),
      part('What it is', facts(secret, rules))));
}

function placeItem(place) {
  const { commit, snippet, state } = place;
  const secret = secrets[place.secret];
  const head = typeof place.head === 'boolean' ? place.head ? ', still at HEAD' : ', gone from HEAD' : '';
  const notes = [
    commit ? `${commit.day} ${commit.id.slice(0, 10)} ${commit.author}${head}` : '',
    place.item ? `posted at ${place.item}` : '',
    place.through ? `seen through ${place.through}` : '',
    state.text,
  ].filter(Boolean).join(' · ');
  return el('li', el('div.place', away(place.link, spot(place))), el('div.why', notes),
    snippet ? el('pre', snippet[3] & 1 ? '… ' : '', snippet[0], el('mark', snippet[1] || (secret.value ?? secret.shown)), snippet[2], snippet[3] & 2 ? ' …' : '') : '',
    place.parts.map(([name, value, at]) => el('div.why', `${name}: `, el('code', value), ` at ${at}`)));
}

// The commits that brought a secret, in time, as a drawing and as a list.
function timeline(secret) {
  const stops = new Map();
  const last = new Set();
  for (const { commit, path, last: id, lastDate } of secret.places) {
    if (!commit) continue;
    if (!stops.has(commit)) stops.set(commit, new Set());
    stops.get(commit).add(path);
    if (id) last.add(`${(lastDate || '').slice(0, 10)} ${id.slice(0, 10)}`.trim());
  }
  const time = (commit) => commit.time || -Infinity;
  const all = [...stops].sort(([a], [b]) => time(a) - time(b) || (a.id < b.id ? -1 : 1));
  const from = secret.first?.time;
  const at = (when) => 2 + (secret.end > from ? ((when - from) / (secret.end - from)) * 88 : 0);
  const end = secret.head ? 'Still at HEAD.' : `${secret.head === false ? 'Gone from HEAD. ' : ''}${last.size ? `Last commits with it: ${[...last].sort().slice(-3).join(', ')}. ` : ''}Whoever has a clone has the secret.`;
  return [
    secret.first ? svg('svg.line', { 'aria-hidden': true },
      svg('line', { x1: '2%', x2: secret.head ? '99%' : `${at(secret.end)}%`, y1: 13, y2: 13 }),
      secret.head !== false ? '' : svg('line', { x1: `${at(secret.end)}%`, x2: `${at(secret.end)}%`, y1: 6, y2: 20 }),
      all.filter(([commit]) => time(commit) >= from).slice(0, 500).map(([commit]) => svg('circle', { cx: `${at(commit.time)}%`, cy: 13, r: 5 }))) : '',
    steps(el('ol.stops'), all, ([commit, paths]) => el('li',
      `${commit.day} `, el('code', commit.id.slice(0, 10)), ` ${commit.author}${commit.email ? ` <${commit.email}>` : ''}: `,
      el('span.why', commit.subject, paths.size > 1 ? ` (${count(paths.size, 'file')})` : '')), 8),
    el('p.said', end),
  ];
}

function choices(decision) {
  const choice = (kind, text, key) => el('button', { type: 'button', 'data-act': kind, 'aria-pressed': decision?.kind === kind, 'aria-keyshortcuts': key }, text);
  const said = decision ? [decision.reason, decision.owner ? `owner ${decision.owner}` : '', decision.until ? `until ${decision.until}` : '', decision.here ? 'only here' : ''].filter(Boolean).join(' · ') : '';
  return [el('div.choices', choice('true', 'True', 't'), choice('false', 'False…', 'f'), choice('accept', 'Accept…', 'a'),
    decision ? el('button', { type: 'button', 'data-act': 'clear' }, 'Clear') : ''), said ? el('p.said', said) : ''];
}

function advice(secret, rules) {
  const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
  return el('ol.advice',
    [...secret.labels].map(([label, meaning]) => el('li', sentence(`${label}: ${meaning}`))),
    [...group(rules, (rule) => rule.revoke).values()].map(([rule]) => el('li', sentence(rule.revoke), ' ', away(rule.docs, rule.docs))),
    rules[0].then ? el('li', sentence(rules[0].then), el('details', el('summary', 'Where to keep it'),
      el('dl', data.stores[rules[0].store].map(([name, command]) => [el('dt', name), el('dd', el('code', command))])))) : '',
    el('li', `Look at what was done with it${secret.first ? ` since ${secret.first.day}` : ''}. To delete the line does not help: copies of the history keep it.`));
}

function facts(secret, rules) {
  const { rule, confidence, evidence } = secret.lead;
  const row = (name, value, ...more) => (value ? [el('dt', name), el('dd', value, more)] : []);
  const id = (name, text) => row(name, el('code', text), ' ',
    el('button.plain', { type: 'button', 'data-act': 'copy', 'data-text': text, 'aria-label': `Copy ${text}` }, 'copy'));
  return el('dl.facts',
    rules.map(({ id: name, provider }) => row('rule', el('code', name), provider ? ` (${provider})` : '')),
    row('risk', rule.rationale), row('lifetime', rule.lifetime), row('kind', rule.type),
    row('confidence', data.confidences[confidence]), row('believed', evidence),
    [...identities(secret).values()].slice(0, 4).map(([place]) => id('fingerprint', place.id)), id('secret', secret.id));
}
