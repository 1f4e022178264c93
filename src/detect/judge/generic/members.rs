//! Whether a value among others may be a credential: one of a list or map, or of a column. Such
//! a name is often given words, names or numbers, and it stands for all of them.

use super::name::{Name, Noun, is_of_its_own};
use super::value::{Form, Tally, form};
use crate::detect::forms::assignments::{Among, Site};

/// Whether the value at the site may be a credential, as far as the others beside it and its key
/// say.
pub(super) fn may_be_value(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    match &site.place {
        Among::None | Among::Apart | Among::Octets => true,
        Among::Map(key) => {
            name.plural && !is_of_its_own(&bytes[key.clone()]) && is_made(name, text, tally)
        }
        // Sets of keys hold their parameters: `keys: [{n: "…", e: "…"}]`.
        Among::Deep(key) => {
            let own = |key: &std::ops::Range<usize>| is_of_its_own(&bytes[key.clone()]);
            let key = key.as_ref().is_some_and(own);
            name.plural && name.noun != Noun::Key && !key && is_made(name, text, tally)
        }
        Among::List | Among::Column => is_made(name, text, tally),
    }
}

/// Whether somebody made the value up: words in a list are names of something, unless they are
/// passwords.
fn is_made(name: &Name, text: &[u8], tally: &Tally) -> bool {
    let least = match name.noun {
        Noun::Password if name.may_be_code() => {
            let upper = tally.lower == 0 && text.len() < 12;
            return text.len() >= 6 && !upper;
        }
        Noun::Password => return true,
        Noun::Key => 16,
        _ => 10,
    };
    let mixed = tally.digits > 0 || tally.upper > 1 && tally.lower > 1;
    let made = match form(text, tally) {
        Form::Hex | Form::Uuid => true,
        Form::LongMixed | Form::LongLetters => mixed,
        Form::Signs => tally.digits > 0 && tally.letters() > 0,
        Form::Mixed => tally.digits > 1,
        _ => false,
    };
    text.len() >= least && made
}
