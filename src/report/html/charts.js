// The receipt and the overview: what was scanned, what was not, and where the secrets are.

// Moves the focus to what is no control.
function reach(node) {
  node.tabIndex = -1;
  node.focus();
}

// Shows `items` in steps, so that a long list costs nothing until somebody asks for it.
function steps(list, items, show, step = 100) {
  let at = 0;
  const next = () => {
    const upTo = Math.min(items.length, at + step);
    const made = items.slice(at, upTo).map(show);
    list.append(...made);
    at = upTo;
    if (at < items.length) {
      const left = items.length - at;
      const button = el('button.plain', { type: 'button', click: () => { row.remove(); reach(next()[0]); } },
        `Show ${number(Math.min(step, left))} more of ${number(left)}`);
      const row = el('li', button);
      list.append(row);
    }
    return made;
  };
  next();
  return list;
}

function receipt() {
  const run = data.summary;
  const incomplete = run.outcome === 'incomplete';
  const found = count(counted.length, 'secret');
  const left = total(run.left_out, ([, many]) => many);
  const all = total(counted, (secret) => secret.places.filter((place) => place.state.standing < 2).length);
  const told = !counted.length ? `no secrets ${left ? 'reported' : 'found'}` : all === counted.length ? found : `${found} in ${count(all, 'place')}`;
  const state = incomplete ? 'Incomplete' : run.unknown ? 'Completeness unknown' : 'Complete';
  const headline = `${state}: ${told}${incomplete ? ' in what was scanned' : run.outcome === 'clean' && counted.length ? ', as warnings only' : ''}${left ? `, ${left} left out` : ''}`;
  const sign = run.unknown || (left && run.outcome === 'clean') ? 'unknown' : run.outcome;
  document.body.dataset.outcome = sign;
  document.title = `${headline} · stopleak`;
  $('verdict').textContent = headline;
  $('verdict-short').textContent = `${state} · ${found}`;
  $('sign').setAttribute('d', { clean: 'm7.5 12.5 3 3 6-7', findings: 'M12 7v6M12 16.5v.5', incomplete: 'M8 8l8 8M16 8l-8 8', unknown: 'M9.5 9.5a2.5 2.5 0 1 1 2.5 3v1M12 17v.2' }[sign]);
  $('version').textContent = data.version;
  $('because').textContent = run.because;
  $('masked').textContent = data.shown
    ? 'It shows secrets in clear: keep it as you keep the secrets.'
    : 'Secrets are masked; paths, authors and code are not: share it as you share the repository.';
  const n = (list) => number(total(list, ([, many]) => many));
  const facts = [
    [number(run.files), run.commits ? 'versions of files scanned' : 'files scanned'], [run.commits && number(run.commits), 'commits'],
    [run.members && number(run.members), 'files inside of others'], [run.binary && number(run.binary), 'of them binary'],
    [size(run.bytes), 'read'], [run.rules && run.rules.map(number).join(' of '), 'rules ran'],
    [number(run.failed), 'could not be scanned'], [n(run.skipped), 'not looked into'], [n(run.suppressed), 'suppressed'],
  ];
  $('coverage').append(...facts.filter(([value]) => value).map(([value, name]) => el('div', el('dt', name), el('dd', value))));

  // What is not in the report, and by whose word.
  const part = (title, note, open, lines) => lines.length && $('gaps').append(
    el('details', { open }, el('summary', `${title} `, el('small', note)), steps(el('ul'), lines, (line) => el('li', line))));
  const line = ([name, why]) => [el('code', name), ' ', el('span.why', why)];
  part(`Could not be scanned: ${number(run.failed)}`, 'a secret there is not in this report', true, data.failed.map(line));
  part(`Errors of the policy: ${number(run.errors.length)}`, '', true, run.errors);
  part(`Not looked into: ${n(run.skipped)}`, run.unread ? `${number(run.unread)} of this make the run incomplete` : '', run.unread > 0,
    run.skipped.map(([id, many, why]) => {
      const those = data.skipped.filter((skip) => skip[1] === id);
      const name = [`${number(many)} `, el('small', `${id}: ${why}`)];
      return those.length ? el('details', el('summary', name), steps(el('ul'), those, ([path, , bytes, detail, gap]) => el('li',
        line([path, [bytes ? size(bytes) : '', detail, gap].filter(Boolean).join(', ')])))) : name;
    }));
  const by = ([id, many, who]) => [`${number(many)} by ${who} `, el('span.why', `(${id})`)];
  part(`Found, but left out: ${number(left)}`, 'by a filter of severities or labels', true, run.left_out.map(by));
  part(`Suppressed: ${n(run.suppressed)}`, data.suppressed ? 'listed below as suppressed' : 'the option --show-suppressed lists them', false,
    run.suppressed.map(by));
  part(`Switched off or changed: ${number(run.narrowed.length)}`, 'by a configuration or an option', false, run.narrowed.map(line));
  part(`Notes: ${number(run.notes.length)}`, '', run.unknown, run.notes);
  if (!$('gaps').children.length) $('gaps').append(el('p.why', 'Nothing was skipped, suppressed or switched off.'));
}

const worst = (all) => all.reduce((most, one) => Math.max(most, one.severity), 0);

// What can be pressed in the overview: each with a test whether it is in force.
const toggles = [];

function toggle(node, isOn, change) {
  const press = () => filter(change(isOn()), true);
  node.addEventListener('click', press);
  toggles.push(() => node.setAttribute('aria-pressed', isOn()));
  return node;
}

// Lets a drawing be pressed as a button is.
function button(name, label, ...parts) {
  return svg(name, {
    role: 'button', tabindex: 0, 'aria-label': label,
    keydown(event) {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      this.dispatchEvent(new MouseEvent('click'));
    },
  }, svg('title', label), parts);
}

const bar = (share) => svg('svg', { 'aria-hidden': true }, svg('rect.track', { width: '100%', height: 6, rx: 3 }),
  share ? svg('rect.fill', { width: `${Math.max(share * 100, 1)}%`, height: 6, rx: 3 }) : '');

function bySeverity() {
  const n = SEVERITIES.map((_, severity) => counted.filter((secret) => secret.severity === severity).length);
  $('by-severity').append(...[3, 2, 1, 0].map((severity) => toggle(
    el('button', { type: 'button', 'data-severity': severity }, el('b', number(n[severity])), el('span', SEVERITIES[severity]), bar(n[severity] / counted.length)),
    () => wanted.severity === String(severity), (on) => ({ severity: on ? '' : String(severity) }))));
}

function byRule() {
  const rules = group(counted, (secret) => secret.rule);
  const all = [...rules].sort((a, b) => b[1].length - a[1].length || text(a[0].id, b[0].id));
  const rest = all.slice(8);
  $('by-rule').append(el('ul.bars', all.slice(0, 8).map(([rule, found]) => el('li', toggle(
    el('button', { type: 'button', 'data-severity': worst(found), title: rule.id }, el('span', rule.title), el('b', number(found.length)), bar(found.length / all[0][1].length)),
    () => wanted.rule === rule.id, (on) => ({ rule: on ? '' : rule.id }))))),
  rest.length ? el('p.why', `and ${count(total(rest, ([, found]) => found.length), 'secret')} of ${count(rest.length, 'more rule')}`) : '');
}

// A map of the tree: the area of a directory is the number of places in it. `under` ends with `/`.
function byPlace(under = '') {
  const inside = counted.flatMap((secret) => secret.places).filter((place) => place.state.standing < 2 && place.path.startsWith(under));
  // Goes down to where the places part.
  const common = inside.reduce((all, { path }) => {
    let at = 0;
    while (at < all.length && all[at] === path[at]) at += 1;
    return all.slice(0, at);
  }, inside[0].path);
  const top = common.slice(0, common.lastIndexOf('/') + 1);
  const named = group(inside, ({ path }) => {
    const slash = path.indexOf('/', top.length + 1);
    return slash < 0 ? path : path.slice(0, slash + 1);
  });
  const all = [...named].map(([name, there]) => ({ name, n: there.length, severity: worst(there) })).sort((a, b) => b.n - a.n || text(a.name, b.name));
  const rest = all.splice(24);
  if (rest.length) all.push({ more: rest.length, n: total(rest, (part) => part.n), severity: worst(rest) });
  const go = (path, jump) => {
    filter({ path }, jump);
    if (!path || path.endsWith('/')) byPlace(path);
  };
  const crumb = (name, path) => el('button.plain', { type: 'button', click: () => go(path, false) }, name);
  const names = top.split('/').slice(0, -1);
  const trail = names.map((name, i) => [' / ', crumb(name || '/', `${names.slice(0, i + 1).join('/')}/`)]).slice(-5);
  const picture = svg('svg.map', { role: 'group', 'aria-label': 'Places by directory' }, tiles(all, 100, 50).map(({ part, x, y, w, h }) => {
    const name = part.name ? part.name.slice(top.length) : `${number(part.more)} more`;
    const tile = button('svg', `${name}: ${count(part.n, 'place')}, worst ${SEVERITIES[part.severity]}`, svg('rect', { width: '100%', height: '100%', rx: 4 }),
      w > 9 && h > 5 ? svg('text', { x: 8, y: 18 }, name) : '', w > 9 && h > 10 ? svg('text', { x: 8, y: 34 }, number(part.n)) : '');
    if (part.name) tile.addEventListener('click', () => go(part.name, true));
    const frame = { x, y: y * 2, width: w, height: h * 2 };
    Object.entries(frame).forEach(([side, share]) => tile.setAttribute(side, `${share}%`));
    tile.dataset.severity = part.severity;
    return tile;
  }));
  $('by-place').replaceChildren(trail.length ? el('p.crumbs', crumb('everything', ''), trail) : '', picture);
}

// Cuts a rectangle into tiles with areas in proportion to `n`, nearly square (Bruls and others, 2000).
function tiles(parts, width, height) {
  const out = [];
  let [x, y, w, h] = [0, 0, width, height];
  let left = total(parts, (part) => part.n);
  for (let i = 0; i < parts.length;) {
    const short = Math.min(w, h);
    const scale = (w * h) / left;
    // How far a row of tiles is from squares: the sides of the worst one.
    const ratio = (row) => {
      const thick = (total(row, (part) => part.n) * scale) / short;
      return Math.max(...row.map(({ n }) => Math.max((n * scale) / thick ** 2, thick ** 2 / (n * scale))));
    };
    let row = [parts[i]];
    while (i + row.length < parts.length && ratio([...row, parts[i + row.length]]) <= ratio(row)) row = [...row, parts[i + row.length]];
    const sum = total(row, (part) => part.n);
    const thick = (sum * scale) / short;
    let at = 0;
    for (const part of row) {
      const long = (part.n * scale) / thick;
      out.push(w < h ? { part, x: x + at, y, w: long, h: thick } : { part, x, y: y + at, w: thick, h: long });
      at += long;
    }
    if (w < h) [y, h] = [y + thick, h - thick];
    else [x, w] = [x + thick, w - thick];
    left -= sum;
    i += row.length;
  }
  return out;
}

// Columns of secrets by the time of their first commit, at most 24: months, quarters, or some years.
function byAge() {
  const box = $('by-age');
  const dated = counted.filter((secret) => secret.first);
  if (!dated.length) {
    box.append(el('p.empty', 'This run read no commits. To know when a secret came and who brought it, scan the history: ', el('code', 'stopleak history -o report.html')));
    return;
  }
  const month = ({ first: { time } }) => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth();
  const all = dated.map(month);
  const [from, to] = all.reduce(([least, most], one) => [Math.min(least, one), Math.max(most, one)], [all[0], all[0]]);
  const step = [1, 3, 6, 12, 24, 60, 120, 600, 1200, 12000, 120000, 1e7].find((n) => Math.floor(to / n) - Math.floor(from / n) < 24);
  const begin = Math.floor(from / step);
  const buckets = Array.from({ length: Math.floor(to / step) - begin + 1 }, (_, i) => {
    const [year, rest] = [Math.floor(((begin + i) * step) / 12), ((begin + i) * step) % 12];
    return { name: step < 12 ? `${year}-${String(rest + 1).padStart(2, '0')}` : `${year}`, from: Date.UTC(year, rest), to: Date.UTC(year, rest + step), n: [0, 0, 0, 0], all: 0 };
  });
  dated.forEach((secret, i) => {
    const bucket = buckets[Math.floor(all[i] / step) - begin];
    bucket.n[secret.severity] += 1;
    bucket.all += 1;
  });
  const most = Math.max(...buckets.map((bucket) => bucket.all));
  const wide = 100 / buckets.length;
  const every = Math.ceil(buckets.length / (innerWidth < 700 ? 4 : 8));
  const picture = svg('svg.columns', { role: 'group', 'aria-label': 'Secrets by the time of their first commit' }, svg('line', { x1: 0, x2: '100%', y1: 146, y2: 146 }));
  buckets.forEach((bucket, i) => {
    let top = 146;
    const parts = [3, 2, 1, 0].filter((severity) => bucket.n[severity]).map((severity) => {
      const height = Math.max((bucket.n[severity] / most) * 122, 1.5);
      top -= height;
      return svg('rect.fill', { 'data-severity': severity, x: `${(i + 0.14) * wide}%`, y: top, width: `${wide * 0.72}%`, height });
    });
    const words = (y, said) => svg('text', { x: `${(i + 0.5) * wide}%`, y, 'aria-hidden': true }, said);
    const column = button('g', `${bucket.name}: ${count(bucket.all, 'secret')}`, svg('rect.hit', { x: `${i * wide}%`, y: 0, width: `${wide}%`, height: 146 }), parts);
    picture.append(toggle(column, () => wanted.bucket === bucket, (on) => ({ bucket: on ? null : bucket })),
      bucket.all ? words(top - 5, number(bucket.all)) : '', i % every ? '' : words(164, bucket.name));
  });
  const undated = counted.length - dated.length;
  box.append(picture, undated ? el('p.why', `${count(undated, 'secret')} without a date`) : '');
}
