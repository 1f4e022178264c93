// Decisions: what a person says about a secret. They are kept by the identity of the secret, in memory
// and, where it works, in the browser, and leave the page as entries of `.stopleakignore`.

const KEPT = 'stopleak-decisions';
const FALSE = 'false positive';
const ACCEPTED = 'accepted';
const decisions = new Map();
const undone = [];
let keeps = false;
let unsaved = false;
let targets = [];

// Returns a decision with only what one may have, or null.
function sound(said) {
  const text = (value, most) => (typeof value === 'string' ? value.slice(0, most) : '');
  if (!said || !Object.hasOwn(KINDS, said.kind)) return null;
  return { kind: said.kind, reason: text(said.reason, 400), owner: text(said.owner, 80), until: text(said.until, 10), here: said.here === true };
}

function remember() {
  unsaved = true;
  if (!keeps) return;
  try {
    localStorage.setItem(KEPT, JSON.stringify([...decisions]));
  } catch {
    keeps = false;
  }
}

function recall() {
  try {
    const kept = localStorage.getItem(KEPT);
    localStorage.setItem(KEPT, kept || '[]');
    keeps = true;
    for (const [id, said] of JSON.parse(kept || '[]')) {
      const decision = sound(said);
      if (typeof id === 'string' && decision) decisions.set(id, decision);
    }
  } catch {
    // Nothing is kept here, or it is not ours: start with nothing.
  }
}

const decided = () => secrets.filter((secret) => decisions.has(secret.id));

function tell(text) {
  $('told').textContent = text;
}

// Sets the decision of `those` secrets, or takes it back if it is null.
function decide(those, decision, told) {
  undone.push(those.map((secret) => [secret, decisions.get(secret.id)]));
  for (const secret of those) {
    if (decision) decisions.set(secret.id, decision);
    else decisions.delete(secret.id);
  }
  settle(those, told);
}

function undo() {
  const last = undone.pop();
  if (!last) return tell('There is nothing to undo.');
  for (const [secret, before] of last) {
    if (before) decisions.set(secret.id, before);
    else decisions.delete(secret.id);
  }
  return settle(last.map(([secret]) => secret), `Undone for ${count(last.length, 'secret')}.`);
}

// Shows what has changed.
function settle(those, told) {
  remember();
  $('decided').textContent = number(decided().length);
  if (wanted.decision) update();
  else if (those.length > 50) lay();
  else those.forEach(redraw);
  tell(told);
}

// Asks for a decision about `those`, beginning with `kind`.
function ask(those, kind) {
  targets = those;
  const before = those.length === 1 ? decisions.get(those[0].id) : null;
  const form = $('decide').querySelector('form');
  form.reset();
  form.elements.kind.value = kind;
  $('reason').value = before?.reason || '';
  $('owner').value = before?.owner || '';
  $('until').value = before?.until || '';
  $('here').checked = before?.here || false;
  $('wrong').textContent = '';
  $('decide-what').textContent = those.length === 1 ? `${those[0].rule.title}, ${spot(those[0].lead)}` : `${count(those.length, 'secret')} that the filters show`;
  fields();
  $('decide').showModal();
  $('reason').focus();
}

function fields() {
  const kind = $('decide').querySelector('form').elements.kind.value;
  $('reason').placeholder = { true: 'a note, if you like', false: 'why it is none, if it needs saying', accept: 'why it may stay' }[kind];
  $('reason').required = false;
  ['owner', 'until', 'here'].forEach((id) => { $(id).disabled = kind === 'true'; });
}

// Returns text as one line without what moves or hides other text, as the ignore file wants it.
function plain(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, ' ').replace(/\s+/g, ' ').trim();
}

function submit(event) {
  event.preventDefault();
  const kind = $('decide').querySelector('form').elements.kind.value;
  const said = { kind, reason: plain($('reason').value), owner: plain($('owner').value), until: $('until').value, here: $('here').checked };
  if (kind === 'true') Object.assign(said, { owner: '', until: '', here: false });
  const today = new Date();
  const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
  const wrong = kind === 'accept' && !said.reason ? ['reason', 'Say why it may stay.']
    : /\s/.test(said.owner) ? ['owner', 'The owner must be one word: write a name as first.last.']
      : !$('until').validity.valid || (said.until && !/^\d{4}-\d\d-\d\d$/.test(said.until)) ? ['until', 'The last day must be a day of this calendar.']
        : said.until && said.until < day ? ['until', 'The last day is in the past.'] : null;
  for (const id of ['reason', 'owner', 'until']) $(id).setAttribute('aria-invalid', wrong?.[0] === id);
  $('wrong').textContent = wrong ? wrong[1] : '';
  if (wrong) return $(wrong[0]).focus();
  $('decide').close();
  return decide(targets, said, `${count(targets.length, 'secret')} marked ${KINDS[kind]}.`);
}

// The entries for the ignore file. A secret that is true is a comment, so that loading brings it back.
function ignores() {
  const lines = [];
  let n = 0;
  for (const secret of decided()) {
    const said = decisions.get(secret.id);
    const options = [said.until ? `until=${said.until}` : '', said.owner ? `owner=${said.owner}` : '', said.here ? 'only-here' : ''].filter(Boolean).join(' ');
    const lead = { true: '', false: FALSE, accept: ACCEPTED }[said.kind];
    const reason = [lead, said.reason].filter(Boolean).join(': ');
    const list = said.here ? [...new Map(secret.places.map((place) => [place.id, place])).values()] : identities(secret);
    for (const place of list) {
      lines.push(`# ${place.rule.id} ${spot(place)}`);
      lines.push(said.kind === 'true' ? `# true ${place.id} ${reason}`.trim() : [place.id, options, reason].filter(Boolean).join(' '));
      n += said.kind === 'true' ? 0 : 1;
    }
  }
  const head = `# Decisions about a report of stopleak: ${count(n, 'entry').replace('entrys', 'entries')}.`;
  return lines.length ? `${head}\n${lines.join('\n')}\n` : '';
}

// What to do about the secrets that are true.
function work() {
  const lines = decided().filter((secret) => decisions.get(secret.id).kind === 'true').flatMap((secret) => [
    `[ ] ${SEVERITIES[secret.severity]}: ${secret.rule.title} ${secret.shown}`,
    `    ${[decisions.get(secret.id).reason, `${secret.rule.revoke}, then ${secret.rule.then}`].filter(Boolean).join('; ')}`,
    ...secret.places.map((place) => `    ${spot(place)}${place.commit ? ` (${place.commit.day} ${place.commit.id.slice(0, 10)} ${place.commit.author})` : ''}`),
    `    fingerprint ${secret.lead.id}`, '',
  ]);
  return lines.length ? `Secrets to revoke\n\n${lines.join('\n')}` : '';
}

let form = 'ignores';

function showExport(as = form) {
  form = as;
  $('as-ignores').setAttribute('aria-pressed', form === 'ignores');
  $('as-list').setAttribute('aria-pressed', form === 'list');
  const all = decided();
  const n = (kind) => all.filter((secret) => decisions.get(secret.id).kind === kind).length;
  $('export-what').textContent = `${number(n('true'))} true, ${number(n('false'))} false, ${number(n('accept'))} accepted, `
    + `${number(counted.filter((secret) => !decisions.has(secret.id)).length)} not decided.`;
  const text = form === 'ignores' ? ignores() : work();
  $('exported').value = text;
  $('download').disabled = $('copy').disabled = !text;
  $('export-how').textContent = form === 'ignores'
    ? `Add these lines to .stopleakignore at the top of the repository${data.trusts ? ', in the branch whose policy counts' : ''}. The next run accepts what they name.`
    : 'The secrets that are true, with all their places, as a list to tick off.';
  $('export-told').textContent = keeps ? '' : 'This browser keeps nothing for this file: download before you close it.';
}

function download() {
  const link = el('a', {
    href: URL.createObjectURL(new Blob([$('exported').value], { type: 'text/plain' })),
    download: form === 'ignores' ? 'stopleakignore.txt' : 'secrets-to-revoke.txt',
  });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  unsaved = unsaved && form !== 'ignores';
  $('export-told').textContent = `Saved as ${link.download}, where downloads go.`;
}

async function copy(text, told) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el('textarea', { class: 'hidden' }, text);
    (document.querySelector('dialog[open]') || document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  told('Copied.');
}

// Reads entries of an ignore file back as decisions.
function load(text) {
  const known = new Map();
  for (const secret of secrets) {
    known.set(secret.id, secret);
    secret.places.forEach((place) => known.set(place.id.slice(0, 16), secret));
  }
  const changed = new Map();
  for (const line of text.split('\n')) {
    const found = /^\s*(# true )?([0-9a-f]{32})((?:\s+(?:until=\S+|owner=\S+|only-here))*)(?:\s+(.*))?$/i.exec(line);
    const id = found?.[2].toLowerCase();
    const secret = id && (known.get(id) || known.get(id.slice(0, 16)));
    if (!secret) continue;
    const option = (name) => new RegExp(`\\s${name}=(\\S+)`).exec(found[3])?.[1] || '';
    const reason = plain(found[4] || '');
    const lead = [FALSE, ACCEPTED].find((text) => reason === text || reason.startsWith(`${text}: `)) || '';
    changed.set(secret, sound({
      kind: found[1] ? 'true' : lead === FALSE ? 'false' : 'accept', reason: found[1] ? reason : reason.slice(lead.length).replace(/^: /, ''),
      owner: option('owner'), until: option('until'), here: /\sonly-here(\s|$)/.test(found[3]),
    }));
  }
  undone.push([...changed.keys()].map((secret) => [secret, decisions.get(secret.id)]));
  changed.forEach((decision, secret) => decisions.set(secret.id, decision));
  settle([...changed.keys()], '');
  showExport();
  $('export-told').textContent = `${count(changed.size, 'decision')} loaded.`;
}
