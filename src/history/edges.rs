//! Commits and trees that need not be read again, in the cache.
//!
//! They are kept by a judge, since which trees lead to something of interest depends on that, and
//! by the first names of all objects: a repository that grew, another clone and a fork mostly have
//! the same. Whatever is found there counts only for objects that are here.

use std::path::PathBuf;

use super::quiet::{Memory, by_name};
use crate::cache::{Judge, Kind, Reader, Writer};
use crate::git::Objects;
use crate::git::graph::{CommitRow, Graph, Kept, Matched, Span, TreeRow};

fn judges(memory: &Memory<'_>, objects: &Objects<'_>) -> Vec<Judge> {
    by_name(&memory.judge.and(b"edges"), objects)
}

/// Edges that were kept, and their file.
pub(super) struct Known {
    pub(super) kept: Kept,
    file: PathBuf,
}

/// Returns what is known of the commits and trees of a repository.
pub(super) fn load(memory: &Memory<'_>, objects: &Objects<'_>) -> Option<Known> {
    // What a person allows to unpack is counted over everything.
    if objects.store().max_unpacked().is_some() {
        return None;
    }
    let all = judges(memory, objects);
    let mut all = all.iter();
    let found = all.find_map(|judge| memory.cache.newest(Kind::Edges, judge, read));
    found.map(|(kept, file)| Known { kept, file })
}

/// Keeps what a run read, in place of what it knew of before.
pub(super) fn keep(
    memory: &Memory<'_>,
    objects: &Objects<'_>,
    graph: &Graph<'_>,
    matched: Option<&Matched<'_>>,
    known: Option<&Known>,
) {
    // A limit of this run is not a fact about an object.
    if objects.store().over_allowance().is_some() {
        return;
    }
    let judges = judges(memory, objects);
    if let (Some(judge), Some(kept)) = (judges.first(), graph.learned(matched)) {
        let old = known.filter(|_| matched.is_some());
        let old = old.map(|known| known.file.clone()).into_iter().collect();
        let cache = memory.cache;
        cache.replace(Kind::Edges, judge, &body(&kept), old);
    }
}

const LOUD: u64 = 1;
const ON_BASE: u64 = 2;

fn body(kept: &Kept) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(kept.id_len as u64).bytes(&kept.ids);
    let list = |out: &mut Writer, numbers: &[u32]| {
        out.list(numbers.iter(), |out, number| {
            out.number(u64::from(*number));
        });
    };
    let mut last = 0;
    out.list(kept.commits.iter(), |out, row| {
        // Sorted, see `commits`.
        out.number(u64::from(row.id - last)).number(row.tree.into());
        out.number((row.time << 1 ^ row.time >> 63) as u64);
        list(out, kept.list(&row.parents));
        last = row.id;
    });
    out.list(kept.trees.iter().enumerate(), |out, (at, row)| {
        let base = kept.trees.get(row.base as usize);
        let flags = (u64::from(row.loud) * LOUD) | (u64::from(base.is_some()) * ON_BASE);
        out.number(u64::from(row.id) << 2 | flags);
        let edges = kept.list(&row.edges);
        let mut before: &[u32] = &[];
        if let Some(base) = base {
            out.number(at as u64 - u64::from(row.base));
            before = kept.list(&base.edges);
        }
        // What it has in common with the other tree: a beginning and an end.
        let same = |pairs: &mut dyn Iterator<Item = (&u32, &u32)>| {
            pairs.take_while(|(a, b)| a == b).count()
        };
        let start = same(&mut edges.iter().zip(before));
        let (rest, before) = (&edges[start..], &before[start..]);
        let end = same(&mut rest.iter().rev().zip(before.iter().rev()));
        if base.is_some() {
            out.number(start as u64).number(end as u64);
        }
        list(out, &rest[..rest.len() - end]);
        list(out, kept.list(&row.added));
        if base.is_some() {
            list(out, kept.list(&row.removed));
        }
    });
    out.list(kept.names.iter(), |out, name| {
        out.bytes(name);
    });
    let mut last = 0;
    out.list(kept.called.iter(), |out, (number, names)| {
        out.number(u64::from(number - last));
        list(out, kept.list(names));
        last = *number;
    });
    out.done()
}

fn read(body: &[u8]) -> Option<Kept> {
    let mut input = Reader::new(body);
    let mut kept = Kept {
        id_len: usize::try_from(input.number()?).ok()?,
        ids: input.bytes()?.to_vec(),
        ..Kept::default()
    };
    let numbers = |kept: &mut Kept, input: &mut Reader<'_>| -> Option<Span> {
        let start = u32::try_from(kept.numbers.len()).ok()?;
        input.each(|input| {
            kept.numbers.push(input.small()?);
            Some(())
        })?;
        Some(start..u32::try_from(kept.numbers.len()).ok()?)
    };
    let mut last = 0u32;
    input.each(|input| {
        last = last.checked_add(input.small()?)?;
        let (tree, time) = (input.small()?, input.number()?);
        let parents = numbers(&mut kept, input)?;
        kept.commits.push(CommitRow {
            id: last,
            tree,
            parents,
            time: (time >> 1) as i64 ^ -((time & 1) as i64),
        });
        Some(())
    })?;
    input.each(|input| {
        let first = input.number()?;
        let mut base = None;
        if first & ON_BASE != 0 {
            let at = kept
                .trees
                .len()
                .checked_sub(usize::try_from(input.number()?).ok()?)?;
            base = Some((at, kept.trees.get(at)?.edges.clone()));
        }
        let (mut start, mut end) = (0..0, 0..0);
        let mut same = None;
        if let Some((_, edges)) = &base {
            let (first, last) = (input.small()?, input.small()?);
            let len = edges.end - edges.start;
            if first.checked_add(last)? > len {
                return None;
            }
            start = edges.start..edges.start + first;
            end = edges.end - last..edges.end;
            // Most trees differ in blobs without an edge only.
            same = Some(edges.clone()).filter(|_| first + last == len);
        }
        let mut ahead = input.clone();
        let is_same = ahead.number()? == 0;
        let edges = match same.filter(|_| is_same) {
            Some(edges) => {
                *input = ahead;
                edges
            }
            None => {
                let at = u32::try_from(kept.numbers.len()).ok()?;
                let (start, end) = (start.start as usize..start.end as usize, end);
                kept.numbers.extend_from_within(start);
                numbers(&mut kept, input)?;
                let end = end.start as usize..end.end as usize;
                kept.numbers.extend_from_within(end);
                at..u32::try_from(kept.numbers.len()).ok()?
            }
        };
        let added = numbers(&mut kept, input)?;
        let removed = match base {
            Some(_) => numbers(&mut kept, input)?,
            None => 0..0,
        };
        kept.trees.push(TreeRow {
            id: u32::try_from(first >> 2).ok()?,
            base: base.map_or(Some(u32::MAX), |(at, _)| u32::try_from(at).ok())?,
            loud: first & LOUD != 0,
            edges,
            added,
            removed,
        });
        Some(())
    })?;
    kept.names = input.list(|input| Some(input.bytes()?.to_vec()))?;
    let mut last = 0u32;
    input.each(|input| {
        last = last.checked_add(input.small()?)?;
        let names = numbers(&mut kept, input)?;
        kept.called.push((last, names));
        Some(())
    })?;
    (input.is_done() && kept.is_sound()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Kept {
        let mut kept = Kept {
            id_len: 20,
            ids: (0..60u8).flat_map(|n| [n; 20]).collect(),
            names: vec![b"src".to_vec(), b"main.rs".to_vec()],
            ..Kept::default()
        };
        for n in 0..5u32 {
            let parents = kept.add(0..n).unwrap();
            kept.commits.push(CommitRow {
                id: n * 2,
                tree: 59 - n,
                parents,
                time: i64::from(n) * 1_000_000_000 - 1,
            });
        }
        for n in 0..8u32 {
            let edges = kept.add((0..6).map(|at| if at == n { 100 + n } else { at * 3 }));
            let (edges, added) = (edges.unwrap(), kept.add(n..n + 3).unwrap());
            let removed = kept.add(0..n % 3).unwrap();
            kept.trees.push(TreeRow {
                id: 10 + n,
                base: if n == 0 { u32::MAX } else { n / 2 },
                loud: n == 3,
                edges,
                added,
                removed,
            });
        }
        // One that has the edges of its base.
        let edges = kept.list(&kept.trees[7].edges).to_vec();
        let edges = kept.add(edges).unwrap();
        kept.trees.push(TreeRow {
            id: 30,
            base: 7,
            loud: false,
            edges,
            added: 0..1,
            removed: 0..0,
        });
        let (one, two) = (kept.add([1]).unwrap(), kept.add([0, 1]).unwrap());
        kept.called = vec![(3, one), (9, two), (12, 0..0)];
        assert!(kept.is_sound());
        kept
    }

    /// The lists of all rows: where they stand is nobody's business.
    fn said(kept: &Kept) -> impl PartialEq + std::fmt::Debug {
        let list = |span: &Span| kept.list(span).to_vec();
        let commits = kept.commits.iter();
        let commits: Vec<_> = commits
            .map(|row| (row.id, row.tree, row.time, list(&row.parents)))
            .collect();
        let trees = kept.trees.iter().map(|row| {
            let lists = [&row.edges, &row.added, &row.removed].map(list);
            (row.id, row.base, row.loud, lists)
        });
        let trees: Vec<_> = trees.collect();
        let called = kept.called.iter().map(|(n, names)| (*n, list(names)));
        let called: Vec<_> = called.collect();
        (kept.ids.clone(), kept.names.clone(), commits, trees, called)
    }

    #[test]
    fn edges_are_read_as_they_were_written() {
        let kept = sample();
        let body = body(&kept);
        let again = read(&body).unwrap();
        assert_eq!(said(&again), said(&kept));
        let is_shared = again.trees.iter().map(|row| again.is_like_base(row));
        assert_eq!(is_shared.filter(|shared| *shared).count(), 1);
        for end in 0..body.len() {
            assert!(read(&body[..end]).is_none(), "{end}");
        }
    }

    /// The proof is checked before, but the parser trusts no byte anyway.
    #[test]
    fn no_body_makes_it_panic() {
        let body = body(&sample());
        for at in 0..body.len() {
            for new in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut changed = body.clone();
                changed[at] = new;
                if let Some(kept) = read(&changed) {
                    assert!(kept.is_sound());
                    let _ = said(&kept);
                }
            }
        }
    }
}
