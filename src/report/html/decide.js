// Decisions: what a person says about a secret. They live in this page only, because every other page
// on the disk could write into what a browser keeps for it, and leave as entries of `.stopleakignore`.

// How reasons begin, here and in `stopleak triage`.
const FALSE = 'false alarm';
const ACCEPTED = 'accepted';
const decisions = new Map();
const done = [];
let unsaved = false;
let targets = [];

const decided = (kind) => secrets.filter(({ id }) => (kind ? decisions.get(id)?.kind === kind : decisions.has(id)));
const tell = (said, id = 'told') => { $(id).textContent = said; };

// Sets decisions, given as pairs of a secret and what is said about it, or nothing.
function set(pairs, told) {
  for (const [secret, said] of pairs) {
    if (said) decisions.set(secret.id, said);
    else decisions.delete(secret.id);
  }
  unsaved = decisions.size > 0;
  tell(number(decided().length), 'decided');
  const at = current;
  if (wanted.decision) {
    update();
    if (at >= 0) go(at);
  } else if (pairs.length > 50) lay();
  else pairs.forEach(([secret]) => redraw(secret));
  tell(told);
}

function decide(pairs, told) {
  done.push(pairs.map(([secret]) => [secret, decisions.get(secret.id)]));
  set(pairs, told);
}

function undo() {
  const last = done.pop();
  if (last) set(last, `Undone for ${count(last.length, 'secret')}.`);
  else tell('There is nothing to undo.');
}

// Asks for a decision about `those`, beginning with `kind`.
function ask(those, kind) {
  targets = those;
  const [first, more] = those;
  const before = (!more && decisions.get(first.id)) || {};
  $('decide-form').reset();
  $('decide-form').elements.kind.value = kind;
  for (const id of ['reason', 'owner', 'until']) $(id).value = before[id] || '';
  $('here').checked = Boolean(before.here);
  tell('', 'wrong');
  tell(more ? `${count(those.length, 'secret')} that the filters show` : `${first.rule.title}, ${spot(first.lead)}`, 'decide-what');
  fields();
  $('decide').showModal();
  $('reason').focus();
}

function fields() {
  const { value } = $('decide-form').elements.kind;
  $('reason').placeholder = { true: 'a note, if you like', false: 'why it is none, if it needs saying', accept: 'why it may stay' }[value];
  ['owner', 'until', 'here'].forEach((id) => { $(id).disabled = value === 'true'; });
}

// Returns text as one line without what moves or hides other text, as the ignore file wants it.
function plain(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, ' ').replace(/\s+/g, ' ').trim();
}

function submit(event) {
  event.preventDefault();
  const kind = $('decide-form').elements.kind.value;
  const [reason, owner, until] = ['reason', 'owner', 'until'].map((id) => plain($(id).disabled ? '' : $(id).value));
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
  const [, id, why] = [
    [kind === 'accept' && !reason, 'reason', 'Say why it may stay.'],
    [/\s/.test(owner), 'owner', 'The owner must be one word: write a name as first.last.'],
    [!$('until').validity.valid || !/^(\d{4}-\d\d-\d\d)?$/.test(until), 'until', 'The last day must be a day of this calendar.'],
    [until && until < today, 'until', 'The last day is in the past.'],
  ].find(([wrong]) => wrong) || [];
  for (const field of ['reason', 'owner', 'until']) $(field).setAttribute('aria-invalid', field === id);
  tell(why || '', 'wrong');
  if (id) return $(id).focus();
  $('decide').close();
  const said = { kind, reason, owner, until, here: $('here').checked && kind !== 'true' };
  return decide(targets.map((secret) => [secret, said]), `${count(targets.length, 'secret')} marked ${KINDS[kind]}.`);
}

// The entries for the ignore file. A secret that is true is a comment, so that loading brings it back.
function ignores() {
  const lines = decided().flatMap((secret) => {
    const { kind, reason, owner, until, here } = decisions.get(secret.id);
    // A word that an entry takes for an option cannot be the first of a reason.
    const lead = kind === 'false' ? FALSE : /^(until=|owner=|only-here\b)/.test(reason) ? ACCEPTED : '';
    const options = [until && `until=${until}`, owner && `owner=${owner}`, here && 'only-here', [lead, reason].filter(Boolean).join(': ')].filter(Boolean).join(' ');
    const named = here ? group(secret.places, ({ id }) => id) : identities(secret);
    return [...named.values()].flatMap(([place]) => [plain(`# ${place.rule.id} ${spot(place)}`), `${kind === 'true' ? '# true ' : ''}${place.id} ${options}`.trim()]);
  });
  return lines.length ? `# Decisions about a report of stopleak\n${lines.join('\n')}\n` : '';
}

// What to do about the secrets that are true.
function work() {
  const lines = decided('true').flatMap((secret) => [
    `[ ] ${SEVERITIES[secret.severity]}: ${secret.rule.title} ${secret.shown}`,
    `    ${[decisions.get(secret.id).reason, [secret.rule.revoke, secret.rule.then].filter(Boolean).join(', then ')].filter(Boolean).join('; ')}`,
    ...secret.places.map((place) => `    ${spot(place)}${place.commit ? ` (${place.commit.day} ${place.commit.id.slice(0, 10)} ${place.commit.author})` : ''}`),
    `    fingerprint ${secret.lead.id}`, '',
  ]);
  return lines.length ? `Secrets to revoke\n\n${lines.join('\n')}` : '';
}

let form = 'ignores';

function showExport(as = form) {
  form = as;
  const list = form === 'list';
  $('as-ignores').setAttribute('aria-pressed', !list);
  $('as-list').setAttribute('aria-pressed', list);
  const open = counted.filter(({ id }) => !decisions.has(id)).length;
  tell([['true', 'true'], ['false', 'false'], ['accept', 'accepted']].map(([kind, name]) => `${number(decided(kind).length)} ${name}, `).join('') + `${number(open)} not decided.`, 'export-what');
  $('exported').value = list ? work() : ignores();
  $('download').disabled = $('copy').disabled = !$('exported').value;
  tell(list ? 'The secrets that are true, with all their places, as a list to tick off.'
    : `Add these lines to .stopleakignore at the top of the repository${data.trusts ? ', in the branch whose policy counts' : ''}. The next run accepts what they name.`, 'export-how');
  tell('', 'export-told');
}

function download() {
  const link = el('a', {
    href: URL.createObjectURL(new Blob([$('exported').value], { type: 'text/plain' })),
    download: form === 'ignores' ? 'stopleakignore.txt' : 'secrets-to-revoke.txt',
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  unsaved &&= form !== 'ignores';
  tell(`Saved as ${link.download}, where downloads go.`, 'export-told');
}

function copy(copied, id) {
  navigator.clipboard.writeText(copied).then(() => tell('Copied.', id), () => tell('This browser does not let a file copy: select the text.', id));
}

// Reads entries of an ignore file back as decisions.
function load(entries) {
  const known = new Map(secrets.flatMap((secret) => [[secret.id, secret], ...secret.places.map(({ id }) => [id.slice(0, 16), secret])]));
  const changed = new Map();
  for (const line of entries.split('\n')) {
    const [, isTrue, id, options, rest] = /^\s*(# true )?([0-9a-f]{32})((?:\s+(?:until=\S+|owner=\S+|only-here(?!\S)))*)\s*(.*)$/.exec(line) || [];
    const secret = id && (known.get(id) || known.get(id.slice(0, 16)));
    if (!secret) continue;
    const option = (name) => new RegExp(`\\s${name}=(\\S+)`).exec(options)?.[1] || '';
    const lead = isTrue ? '' : [FALSE, ACCEPTED].find((text) => rest === text || rest.startsWith(`${text}: `)) || '';
    changed.set(secret, {
      kind: isTrue ? 'true' : lead === FALSE ? 'false' : 'accept', reason: plain(rest.slice(lead && lead.length + 2)),
      owner: option('owner'), until: option('until'), here: options.includes('only-here'),
    });
  }
  decide([...changed], '');
  showExport();
  tell(`${count(changed.size, 'decision')} loaded.`, 'export-told');
}
