'use strict';
// The data of the report: read from the page, grouped by secret, filtered and sorted. All text in it
// is shown as text nodes only; nothing here ever becomes markup.

const $ = (id) => document.getElementById(id);
const SVG = document.querySelector('svg').namespaceURI;

// Makes an element: 'tag.class.class', attributes (functions become listeners) if there are any, children.
function dress(node, classes, parts) {
  if (classes.length) node.setAttribute('class', classes.join(' '));
  const bare = parts[0]?.constructor === Object;
  for (const [name, value] of Object.entries(bare ? parts.shift() : {})) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (name.startsWith('aria-')) node.setAttribute(name, value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...parts.flat(Infinity).filter((part) => part !== ''));
  return node;
}

function el(name, ...parts) {
  const [tag, ...classes] = name.split('.');
  return dress(document.createElement(tag), classes, parts);
}

// The same for a drawing.
function svg(name, ...parts) {
  const [tag, ...classes] = name.split('.');
  return dress(document.createElementNS(SVG, tag), classes, parts);
}

const number = (n) => n.toLocaleString('en');
const count = (n, noun) => `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
const text = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const group = (list, of) => list.reduce((all, item) => {
  const key = of(item);
  if (!all.has(key)) all.set(key, []);
  all.get(key).push(item);
  return all;
}, new Map());
const total = (list, of) => list.reduce((sum, item) => sum + of(item), 0);

function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
  return `${unit ? bytes.toFixed(1) : number(bytes)} ${units[unit]}`;
}

// Reads a block of data and frees its text.
function read(id) {
  const node = $(id);
  const value = JSON.parse(node.textContent);
  node.remove();
  return value;
}

const rows = read('rows');
const data = read('rest');
const SEVERITIES = data.severities;

// A place of a secret, from its row. Fields at the end of a row may be absent.
const places = rows.map(([rule, severity, confidence, secret, path, line, column, id, state, evidence, snippet, commit, parts, through, labels, item, link], index) => ({
  index, severity, confidence, secret, line, column, id, snippet,
  rule: data.rules[rule],
  path: data.paths[path],
  state: data.states[state],
  evidence: data.texts[evidence],
  commit: commit && data.commits[commit[0]],
  head: commit && commit[1],
  last: commit?.[2],
  lastDate: commit?.[3],
  parts: parts || [],
  through: data.texts[through],
  item: data.texts[item],
  link: link && data.texts[link[0]] + link[1],
  labels: data.labels.filter((_, bit) => (labels >> bit) & 1),
}));
rows.length = 0;
for (const commit of data.commits) {
  commit.time = Date.parse(commit.date);
  commit.day = commit.date.slice(0, 10);
}

// Secrets with all their places. The place that decides most stands for all, as in `secrets.rs`.
const secrets = data.secrets.map(([id, shown, value]) => ({ id, shown, value, places: [], labels: new Set(), head: null, end: -Infinity }));
const rank = (place) => [place.state.standing, -place.severity, -place.confidence];
const less = (a, b) => a.map((x, i) => x - b[i]).find(Boolean) || 0;
for (const place of places) {
  const secret = secrets[place.secret];
  const { commit } = place;
  secret.places.push(place);
  if (!secret.lead || less(rank(place), rank(secret.lead)) < 0) secret.lead = place;
  place.labels.forEach((label) => secret.labels.add(label));
  if (typeof place.head === 'boolean') secret.head ||= place.head;
  if (commit?.time < (secret.first?.time ?? Infinity)) secret.first = commit;
  if (commit) secret.end = Math.max(secret.end, commit.time || -Infinity, Date.parse(place.lastDate) || -Infinity);
}
for (const secret of secrets) {
  const { lead } = secret;
  const order = [...rank(lead), secret.head === false ? 1 : 0, secret.places[0].index];
  Object.assign(secret, { order, rule: lead.rule, severity: lead.severity, counts: lead.state.standing < 2 });
}
const counted = secrets.filter((secret) => secret.counts);

// The places by the first half of their fingerprints: entries for a secret have to name one of each.
const identities = (secret) => group(secret.places, ({ id }) => id.slice(0, 16));

// What is asked for. `bucket` is a stretch of time that the age chart selects.
const wanted = { words: [], path: '', severity: '', rule: '', label: '', where: '', decision: '', sort: 'severity', bucket: null };

// Splits a search into words, each with the field that it looks in.
function words(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const [, field, rest] = /^(path|rule|author|commit|label|id):(.+)$/.exec(word) || [null, 'all', word];
    return { field, rest };
  });
}

const FIELDS = {
  path: (place) => place.path,
  rule: (place) => `${place.rule.id} ${place.rule.title} ${place.rule.provider}`,
  author: (place) => (place.commit ? `${place.commit.author} ${place.commit.email}` : ''),
  commit: (place) => (place.commit ? `${place.commit.id} ${place.commit.subject} ${place.last}` : ''),
  label: (place) => place.labels.map(([label]) => label).join(' '),
  id: (place) => `${place.id} ${secrets[place.secret].id}`,
  all: (place) => [
    ...['path', 'rule', 'author', 'commit', 'label', 'id'].map((field) => FIELDS[field](place)),
    secrets[place.secret].shown, ...(place.snippet || []), place.evidence, place.item,
  ].join('\n'),
};

// A test for paths: a beginning, or a pattern with `*` for any text.
function pathTest(text) {
  if (!text) return () => true;
  if (!text.includes('*')) return (path) => path.startsWith(text);
  const parts = text.split('*');
  return (path) => {
    let at = 0;
    return parts.every((part, i) => {
      if (i === parts.length - 1) return path.length - at >= part.length && path.endsWith(part);
      const found = i === 0 ? (path.startsWith(part) ? 0 : -1) : path.indexOf(part, at);
      at = found + part.length;
      return found >= 0;
    });
  };
}

// Returns the secrets that are wanted, sorted. A secret is wanted if one of its places is.
function select() {
  const paths = new Map();
  const test = pathTest(wanted.path);
  const onPath = (path) => {
    if (!paths.has(path)) paths.set(path, test(path));
    return paths.get(path);
  };
  const has = (place) => onPath(place.path)
    && (!wanted.rule || place.rule.id === wanted.rule)
    && (!wanted.label || place.labels.some(([label]) => label === wanted.label))
    && (!wanted.where || place.head === (wanted.where === 'head'))
    && (!['warn', 'suppressed'].includes(wanted.decision) || place.state.is === wanted.decision)
    && wanted.words.every((word) => FIELDS[word.field](place).toLowerCase().includes(word.rest));
  const fits = (secret) => {
    const kind = decisions.get(secret.id)?.kind;
    if (wanted.severity !== '' && secret.severity !== Number(wanted.severity)) return false;
    if (wanted.decision === 'open' && (kind || !secret.counts)) return false;
    if (['true', 'false', 'accept'].includes(wanted.decision) && kind !== wanted.decision) return false;
    const time = secret.first?.time;
    if (wanted.bucket && !(time >= wanted.bucket.from && time < wanted.bucket.to)) return false;
    return secret.places.some(has);
  };
  const bySeverity = (a, b) => less(a.order, b.order);
  const age = (secret, none) => secret.first?.time ?? none;
  const order = {
    severity: bySeverity,
    rule: (a, b) => text(a.rule.id, b.rule.id) || bySeverity(a, b),
    path: (a, b) => text(a.places[0].path, b.places[0].path) || a.places[0].line - b.places[0].line || bySeverity(a, b),
    oldest: (a, b) => age(a, Infinity) - age(b, Infinity) || bySeverity(a, b),
    newest: (a, b) => age(b, -Infinity) - age(a, -Infinity) || bySeverity(a, b),
    places: (a, b) => b.places.length - a.places.length || bySeverity(a, b),
  };
  return secrets.filter(fits).sort(order[wanted.sort]);
}
