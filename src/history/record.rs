//! What a whole history gave, without the values: which blobs were judged, at which paths and for
//! which commits, and in which objects the values stand that a report masks. The next run of the
//! same history reads only these, and judges them again.

use super::attribute::{Wanted, WantedBlob};
use super::between::Chain;
use super::judge::Judged;
use super::marks::MarkPlace;
use super::messages::{Class, Heard};
use super::told::Told;
use crate::blob::BlobPath;
use crate::cache::{Reader, Writer};
use crate::finding::{CommitInfo, SecretId};
use crate::git::{Kind, ObjectId};
use crate::rules::RuleIndex;

/// A blob, and the paths at which what it holds shut is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) id: ObjectId,
    pub(super) rank: u32,
    pub(super) paths: Vec<BlobPath>,
}

/// What a whole history gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Record {
    pub(super) files: u64,
    pub(super) members: u64,
    pub(super) bytes: u64,
    pub(super) binary: u64,
    pub(super) commits: u64,
    /// Commits whose parents a shallow clone lacks.
    pub(super) cut_off: u64,
    /// Whether no reference leads to any object, although there are some.
    pub(super) is_unled: bool,
    /// Missing objects.
    pub(super) holes: Vec<(ObjectId, Option<Kind>)>,
    pub(super) closed: Vec<Closed>,
    pub(super) judged: Judged,
    /// By rank: the names of all blobs in `judged`.
    pub(super) ids: Vec<(u32, ObjectId)>,
    /// Objects that hold all values that reports mask between them; of blobs with the hits that
    /// have them, or none if they are read as a whole.
    pub(super) blobs: Vec<(ObjectId, Vec<(u64, MarkPlace)>)>,
    pub(super) trees: Vec<ObjectId>,
    pub(super) messages: Vec<ObjectId>,
    pub(super) texts: Vec<Heard>,
}

impl Record {
    /// Returns the record as bytes.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut out = Writer::default();
        for n in [
            self.files,
            self.members,
            self.bytes,
            self.binary,
            self.commits,
            self.cut_off,
            u64::from(self.is_unled),
        ] {
            out.number(n);
        }
        out.list(self.holes.iter(), |out, (hole, kind)| {
            id(out, hole);
            out.number(kind.map_or(0, number_of));
        });
        out.list(self.closed.iter(), |out, closed| {
            id(out, &closed.id);
            out.number(closed.rank.into());
            out.list(closed.paths.iter(), put_path);
        });
        let judged = &self.judged;
        out.number(judged.places as u64);
        for wanted in [&judged.first, &judged.others, &judged.between] {
            out.list(wanted.iter(), put_blob);
        }
        out.list(judged.open.iter(), |out, (place, first)| {
            out.number(*place as u64).number(u64::from(*first));
        });
        out.list(judged.told.iter(), |out, told| {
            out.number(*told as u64);
        });
        out.list(judged.chains.iter(), |out, chain| {
            out.number(chain.rank.into())
                .number(u64::from(chain.warned));
            out.list(chain.places.iter(), |out, place| {
                out.number(*place as u64);
            });
        });
        out.list(self.ids.iter(), |out, (rank, name)| {
            out.number((*rank).into());
            id(out, name);
        });
        out.list(self.blobs.iter(), |out, (name, marks)| {
            id(out, name);
            out.list(marks.iter(), |out, (mark, place)| {
                out.raw(&mark.to_le_bytes());
                out.number(place.at.into()).number(place.literal.into());
            });
        });
        for ids in [&self.trees, &self.messages] {
            out.list(ids.iter(), id);
        }
        out.list(self.texts.iter(), |out, text| {
            out.number(text.class as u64);
            put_path(out, &text.path);
            maybe_id(out, text.id.as_ref());
        });
        out.done()
    }

    /// Reads a record. None if it is not one.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut input = Reader::new(body);
        let input = &mut input;
        let mut record = Self {
            files: input.number()?,
            members: input.number()?,
            bytes: input.number()?,
            binary: input.number()?,
            commits: input.number()?,
            cut_off: input.number()?,
            is_unled: input.number()? != 0,
            holes: input.list(|input| Some((get_id(input)?, kind_of(input.number()?)?)))?,
            closed: input.list(|input| {
                Some(Closed {
                    id: get_id(input)?,
                    rank: input.small()?,
                    paths: input.list(path)?,
                })
            })?,
            ..Self::default()
        };
        let judged = &mut record.judged;
        judged.places = place(input)?;
        for wanted in [&mut judged.first, &mut judged.others, &mut judged.between] {
            *wanted = input.list(blob)?;
        }
        judged.open = input.list(|input| Some((place(input)?, input.number()? != 0)))?;
        judged.told = input.list(told)?;
        judged.chains = input.list(|input| {
            Some(Chain {
                rank: input.small()?,
                warned: input.number()? != 0,
                places: input.list(place)?,
            })
        })?;
        record.ids = input.list(|input| Some((input.small()?, get_id(input)?)))?;
        record.blobs = input.list(|input| Some((get_id(input)?, input.list(mark)?)))?;
        for ids in [&mut record.trees, &mut record.messages] {
            *ids = input.list(get_id)?;
        }
        record.texts = input.list(|input| {
            Some(Heard {
                class: class(input.number()?)?,
                path: path(input)?,
                id: get_maybe_id(input)?,
            })
        })?;
        let is_sound = input.is_done()
            && record.judged.places == record.judged.told.len()
            && record.ids.is_sorted();
        is_sound.then_some(record)
    }

    /// Returns the name of a blob of `judged`.
    pub(super) fn id_of(&self, rank: u32) -> Option<&ObjectId> {
        let at = self.ids.binary_search_by_key(&rank, |(rank, _)| *rank);
        at.ok().map(|at| &self.ids[at].1)
    }
}

fn id(out: &mut Writer, id: &ObjectId) {
    out.bytes(id.as_bytes());
}

fn get_id(input: &mut Reader<'_>) -> Option<ObjectId> {
    ObjectId::try_from(input.bytes()?).ok()
}

fn maybe_id(out: &mut Writer, id: Option<&ObjectId>) {
    out.bytes(id.map_or(&[][..], |id| id.as_bytes()));
}

fn get_maybe_id(input: &mut Reader<'_>) -> Option<Option<ObjectId>> {
    match input.bytes()? {
        [] => Some(None),
        bytes => ObjectId::try_from(bytes).ok().map(Some),
    }
}

fn mark(input: &mut Reader<'_>) -> Option<(u64, MarkPlace)> {
    let mark = u64::from_le_bytes(input.raw(8)?.try_into().ok()?);
    let (at, literal) = (input.small()?, input.small()?);
    Some((mark, MarkPlace { at, literal }))
}

fn put_path(out: &mut Writer, path: &BlobPath) {
    let (bytes, first, last) = path.parts();
    out.bytes(bytes).number(first.into()).number(last.into());
}

fn path(input: &mut Reader<'_>) -> Option<BlobPath> {
    BlobPath::of_parts(input.bytes()?, input.small()?, input.small()?)
}

fn place(input: &mut Reader<'_>) -> Option<usize> {
    usize::try_from(input.number()?).ok()
}

fn number_of(kind: Kind) -> u64 {
    match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    }
}

fn kind_of(number: u64) -> Option<Option<Kind>> {
    Some(match number {
        0 => None,
        1 => Some(Kind::Commit),
        2 => Some(Kind::Tree),
        3 => Some(Kind::Blob),
        4 => Some(Kind::Tag),
        _ => return None,
    })
}

fn told(input: &mut Reader<'_>) -> Option<Told> {
    let all = [Told::No, Told::Warned, Told::Yes];
    let number = input.number()?;
    all.into_iter().find(|told| *told as u64 == number)
}

fn class(number: u64) -> Option<Class> {
    let all = [Class::Commit, Class::Tag, Class::Name];
    all.into_iter().find(|class| *class as u64 == number)
}

fn put_blob(out: &mut Writer, blob: &WantedBlob) {
    out.number(blob.rank.into());
    put_path(out, &blob.path);
    out.list(blob.wanted.iter(), |out, wanted| {
        out.number(wanted.place as u64)
            .number(wanted.rule.0.into())
            .raw(&wanted.secret.0)
            .number(wanted.order);
        out.bytes(wanted.judged_by.as_deref().unwrap_or_default().as_bytes());
        out.list(wanted.commit.iter(), |out, commit| {
            out.bytes(commit.id.as_bytes());
            out.number(commit.at_head.map_or(2, u64::from));
            out.number(commit.blobs);
            out.bytes(commit.last.as_bytes());
            out.bytes(commit.last_date.as_bytes());
            out.list(commit.refs.iter(), |out, name| {
                out.bytes(name.as_bytes());
            });
        });
    });
}

fn text(input: &mut Reader<'_>) -> Option<String> {
    String::from_utf8(input.bytes()?.to_vec()).ok()
}

/// Reads a blob. Of its commits there is only what [`put_blob`] writes; the rest is read from the
/// commit itself.
fn blob(input: &mut Reader<'_>) -> Option<WantedBlob> {
    Some(WantedBlob {
        rank: input.small()?,
        path: path(input)?,
        wanted: input.list(|input| {
            Some(Wanted {
                place: place(input)?,
                rule: RuleIndex(u16::try_from(input.number()?).ok()?),
                secret: SecretId(input.raw(16)?.try_into().ok()?),
                order: input.number()?,
                judged_by: Some(text(input)?).filter(|id| !id.is_empty()),
                commit: input
                    .list(|input| {
                        Some(Box::new(CommitInfo {
                            id: text(input)?,
                            at_head: match input.number()? {
                                2 => None,
                                n => Some(n == 1),
                            },
                            blobs: input.number()?,
                            last: text(input)?,
                            last_date: text(input)?,
                            refs: input.list(text)?,
                            ..CommitInfo::default()
                        }))
                    })?
                    .pop(),
            })
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Record {
        let id = |n: u8| ObjectId::from_bytes_or_panic(&[n; 20]);
        let wanted = |place: usize, commit: bool| Wanted {
            place,
            rule: RuleIndex(7),
            secret: SecretId([3; 16]),
            commit: commit.then(|| {
                Box::new(CommitInfo {
                    id: id(9).to_string(),
                    at_head: Some(true),
                    blobs: 3,
                    last: id(8).to_string(),
                    last_date: "2026-01-31T00:00:00Z".to_owned(),
                    refs: vec!["refs/heads/main".to_owned()],
                    ..CommitInfo::default()
                })
            }),
            judged_by: commit.then(|| id(7).to_string()),
            order: u64::MAX,
        };
        let blob = |rank: u32| WantedBlob {
            rank,
            path: BlobPath::from("a.zip").inside(b"b.zip").inside(b"c"),
            wanted: vec![wanted(0, true), wanted(1, false)],
        };
        Record {
            files: 5,
            bytes: 1 << 40,
            cut_off: 1,
            holes: vec![(id(1), Some(Kind::Blob)), (id(2), None)],
            closed: vec![Closed {
                id: id(3),
                rank: 4,
                paths: vec![BlobPath::from("x"), BlobPath::from("y")],
            }],
            judged: Judged {
                places: 2,
                first: vec![blob(1)],
                open: vec![(1, true)],
                others: vec![blob(2)],
                told: vec![Told::Yes, Told::Warned],
                between: vec![],
                chains: vec![Chain {
                    rank: 1,
                    warned: true,
                    places: vec![2, 3],
                }],
            },
            ids: vec![(1, id(4)), (2, id(5))],
            blobs: vec![
                (id(6), vec![]),
                (
                    id(7),
                    vec![(
                        u64::MAX,
                        MarkPlace {
                            at: 9,
                            literal: 700,
                        },
                    )],
                ),
            ],
            trees: vec![],
            messages: vec![id(7)],
            texts: vec![Heard {
                class: Class::Tag,
                path: BlobPath::from("refs/tags/v1"),
                id: Some(id(8)),
            }],
            ..Record::default()
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = sample();
        let body = record.body();
        assert_eq!(Record::read(&body).as_ref(), Some(&record));
        for end in 0..body.len() {
            assert!(Record::read(&body[..end]).is_none(), "{end}");
        }
        for at in 0..body.len() {
            for new in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = body.clone();
                changed[at] = new;
                let _ = Record::read(&changed);
            }
        }
    }
}
