//! What a history is made of, as a digest: if it is the same, so is the history.

use sha2::{Digest, Sha256};

use super::refs;
use super::store::Store;

/// Returns a digest of the names of all objects, of all references and of what ends a history here.
/// With `reflogs`, also of the objects that reference logs name. However objects are packed, it is
/// the same. None if a part of the repository cannot be read.
pub(crate) fn digest(store: &Store, reflogs: bool) -> Option<[u8; 32]> {
    let list = store.packs();
    let (loose, unread) = store.loose();
    if !list.problems.is_empty() || !store.problems().is_empty() || !unread.is_empty() {
        return None;
    }
    let mut all = Sha256::new();
    let mut tables = Vec::new();
    for pack in &list.packs {
        let table = pack.index().load().ok()?;
        if pack.announced().ok()? != table.len() {
            return None;
        }
        tables.push(table);
    }
    match &tables[..] {
        [one] if loose.is_empty() => all.update(one.names()),
        _ => {
            let len = store.hash().len_in_bytes();
            let packed = tables
                .iter()
                .flat_map(|table| table.names().chunks_exact(len));
            let mut names: Vec<&[u8]> = packed.collect();
            names.extend(loose.iter().map(|id| id.as_bytes()));
            // Made of sorted parts, which a stable sort merges.
            names.sort();
            names.dedup();
            names.iter().for_each(|name| all.update(name));
        }
    }
    let mut field = |bytes: &[u8]| {
        all.update((bytes.len() as u64).to_le_bytes());
        all.update(bytes);
    };
    let tips = refs::tips(store, reflogs).ok()?;
    if !tips.problems.is_empty() {
        return None;
    }
    for tip in &tips.tips {
        field(&tip.name);
        field(tip.id.as_bytes());
        field(format!("{:?}", tip.source).as_bytes());
    }
    for (name, target) in &tips.symbolic {
        field(name);
        field(target);
    }
    for id in store.shallow_commits() {
        field(id.as_bytes());
    }
    field(format!("{:?} {:?}", refs::grafts(store).ok()?, store.facts()).as_bytes());
    Some(all.finalize().into())
}
