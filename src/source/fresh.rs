//! Finds the new lines of a new version: the line diff for staged changes and commit
//! ranges. What it says counts for what is accepted; a secret that is reported is new if
//! no earlier version has it, wherever it stands.
//!
//! Only lines that are equal except for their line ends and indentation match, so a line that
//! the old version does not have is always fresh. Where an exact diff would be costly, more lines
//! count as fresh. So more is judged, never less.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The maximum number of line pairs for which a stretch without unique lines is compared
/// exactly.
const EXACT: usize = 1 << 20;
/// The maximum number of steps per line. The remaining lines are not compared, because
/// hostile files could make the comparison quadratic.
const BUDGET: usize = 256;

/// Compares a new version with earlier ones, one at a time.
pub(crate) struct Added<'n> {
    /// The lines of the new version, with and without white space around them.
    lines: Vec<&'n [u8]>,
    texts: Vec<&'n [u8]>,
    /// Which of them matched no earlier version so far.
    fresh: Vec<bool>,
    /// Which of them stand nowhere in the versions that were searched.
    absent: Vec<bool>,
}

impl<'n> Added<'n> {
    /// Begins with all lines of `new`.
    pub(crate) fn new(new: &'n [u8]) -> Self {
        let lines = split(new);
        Self {
            texts: without_space(&lines),
            fresh: vec![true; lines.len()],
            absent: vec![true; lines.len()],
            lines,
        }
    }

    /// Removes the lines that `old` has as well.
    pub(crate) fn compare(&mut self, old: &[u8]) {
        let kept = matched(&self.texts, &without_space(&split(old)));
        for (mark, kept) in self.fresh.iter_mut().zip(kept) {
            *mark &= !kept;
        }
    }

    /// Notes which lines `old` has anywhere, however often.
    pub(crate) fn search(&mut self, old: &[u8]) {
        let old: HashSet<&[u8]> = without_space(&split(old)).into_iter().collect();
        for (mark, text) in self.absent.iter_mut().zip(&self.texts) {
            *mark &= !old.contains(text);
        }
    }

    /// Returns the byte ranges of the lines that are left: sorted and disjoint.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        self.marked(&self.fresh)
    }

    /// Returns the byte ranges of the lines that no searched version has: sorted and disjoint.
    pub(crate) fn absent(&self) -> Vec<Range<usize>> {
        self.marked(&self.absent)
    }

    fn marked(&self, marks: &[bool]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for (line, fresh) in self.lines.iter().zip(marks) {
            let end = at + line.len();
            if *fresh {
                match ranges.last_mut() {
                    Some(last) if last.end == at => last.end = end,
                    _ => ranges.push(at..end),
                }
            }
            at = end;
        }
        ranges
    }
}

/// Splits text into lines with their line ends.
pub(super) fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Removes line ends and indentation: a checkout or an editor may change them, and that does
/// not create a secret.
fn without_space<'a>(lines: &[&'a [u8]]) -> Vec<&'a [u8]> {
    lines.iter().map(|line| line.trim_ascii()).collect()
}

/// One number per different line.
#[derive(Default)]
struct Numbers<'a>(HashMap<&'a [u8], u32>);

impl<'a> Numbers<'a> {
    fn all(&mut self, lines: &[&'a [u8]]) -> Vec<u32> {
        let number = |line: &&'a [u8]| {
            let next = self.0.len() as u32;
            *self.0.entry(line).or_insert(next)
        };
        lines.iter().map(number).collect()
    }
}

/// Returns, for each line of `new`, whether it matches an equal line of `old`.
fn matched<'a>(new: &[&'a [u8]], old: &[&'a [u8]]) -> Vec<bool> {
    let mut kept = vec![false; new.len()];
    // Numbers instead of lines, because they are hashed once and compared often.
    let mut numbers = Numbers::default();
    let head = new.iter().zip(old).take_while(|(a, b)| a == b).count();
    let tail = new[head..]
        .iter()
        .rev()
        .zip(old[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    kept[..head].fill(true);
    let end = new.len() - tail;
    kept[end..].fill(true);
    let new_ids = numbers.all(&new[head..end]);
    let old_ids = numbers.all(&old[head..old.len() - tail]);
    let count = numbers.0.len();
    Matcher {
        new: &new_ids,
        old: &old_ids,
        places: vec![Place::default(); count],
        budget: EXACT + BUDGET * (new_ids.len() + old_ids.len()),
    }
    .run(&mut kept[head..end]);
    kept
}

/// The positions of a line in a stretch, if it occurs once on each side.
#[derive(Clone, Copy, Default)]
struct Place {
    in_new: u32,
    in_old: u32,
    old_at: u32,
}

struct Matcher<'a> {
    new: &'a [u32],
    old: &'a [u32],
    /// By line number; all zero between stretches.
    places: Vec<Place>,
    /// The steps left.
    budget: usize,
}

impl Matcher<'_> {
    fn run(&mut self, kept: &mut [bool]) {
        let mut todo = vec![(0..self.new.len(), 0..self.old.len())];
        while let Some((mut new, mut old)) = todo.pop() {
            while !new.is_empty() && !old.is_empty() && self.new[new.start] == self.old[old.start] {
                kept[new.start] = true;
                new.start += 1;
                old.start += 1;
            }
            while !new.is_empty()
                && !old.is_empty()
                && self.new[new.end - 1] == self.old[old.end - 1]
            {
                new.end -= 1;
                old.end -= 1;
                kept[new.end] = true;
            }
            if new.is_empty() || old.is_empty() {
                continue;
            }
            if !self.spend(4 * (new.len() + old.len())) {
                return;
            }
            let anchors = self.anchors(&new, &old);
            if anchors.is_empty() {
                self.exact(new, old, kept);
                continue;
            }
            let (mut from_new, mut from_old) = (new.start, old.start);
            for (at_new, at_old) in anchors {
                kept[at_new] = true;
                todo.push((from_new..at_new, from_old..at_old));
                (from_new, from_old) = (at_new + 1, at_old + 1);
            }
            todo.push((from_new..new.end, from_old..old.end));
        }
    }

    fn spend(&mut self, steps: usize) -> bool {
        let left = self.budget.checked_sub(steps);
        self.budget = left.unwrap_or(0);
        left.is_some()
    }

    /// Returns the lines that occur once on each side, as many as have the same order.
    fn anchors(&mut self, new: &Range<usize>, old: &Range<usize>) -> Vec<(usize, usize)> {
        for &line in &self.new[new.clone()] {
            let place = &mut self.places[line as usize];
            place.in_new = place.in_new.saturating_add(1);
        }
        for at in old.clone() {
            let place = &mut self.places[self.old[at] as usize];
            place.in_old = place.in_old.saturating_add(1);
            place.old_at = at as u32;
        }
        let unique: Vec<(usize, usize)> = new
            .clone()
            .filter_map(|at| {
                let place = self.places[self.new[at] as usize];
                (place.in_new == 1 && place.in_old == 1).then_some((at, place.old_at as usize))
            })
            .collect();
        for &line in self.new[new.clone()].iter().chain(&self.old[old.clone()]) {
            self.places[line as usize] = Place::default();
        }
        increasing(&unique)
    }

    /// Compares a stretch without unique lines: finds the longest common subsequence if
    /// that is cheap, otherwise matches nothing.
    fn exact(&mut self, new: Range<usize>, old: Range<usize>, kept: &mut [bool]) {
        let (rows, columns) = (new.len(), old.len());
        let cells = rows.saturating_mul(columns);
        if cells > EXACT || !self.spend(cells) {
            return;
        }
        let width = columns + 1;
        let mut best = vec![0u32; (rows + 1) * width];
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                best[row * width + column] =
                    if self.new[new.start + row] == self.old[old.start + column] {
                        best[(row + 1) * width + column + 1] + 1
                    } else {
                        best[(row + 1) * width + column].max(best[row * width + column + 1])
                    };
            }
        }
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            if self.new[new.start + row] == self.old[old.start + column] {
                kept[new.start + row] = true;
                row += 1;
                column += 1;
            } else if best[(row + 1) * width + column] >= best[row * width + column + 1] {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
}

/// Returns the longest part of `pairs` (ordered by their first number) whose second
/// numbers also increase.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (i, pair) in pairs.iter().enumerate() {
        let at = ends.partition_point(|&end| pairs[end].1 < pair.1);
        before.push(at.checked_sub(1).map(|at| ends[at]));
        if at == ends.len() {
            ends.push(i);
        } else {
            ends[at] = i;
        }
    }
    let mut chain = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        chain.push(pairs[at]);
        next = before[at];
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Rng;

    fn added(new: &[u8], olds: &[&[u8]]) -> Vec<Range<usize>> {
        let mut added = Added::new(new);
        olds.iter().for_each(|old| added.compare(old));
        added.ranges()
    }

    fn text(new: &str, olds: &[&str]) -> String {
        let olds: Vec<&[u8]> = olds.iter().map(|old| old.as_bytes()).collect();
        added(new.as_bytes(), &olds)
            .into_iter()
            .map(|range| &new[range])
            .collect()
    }

    #[test]
    fn added_and_changed_lines_are_fresh() {
        assert_eq!(text("a\nb\nc\n", &["a\nc\n"]), "b\n");
        assert_eq!(text("a\nB\nc\n", &["a\nb\nc\n"]), "B\n");
        assert_eq!(text("a\nb", &["a\nb\n"]), "");
        assert_eq!(text("a\r\nb\r\nc\r\n", &["a\nb\n"]), "c\r\n");
        assert_eq!(text("\ta\n  b \nc\n", &["a\nb\n"]), "c\n");
        assert_eq!(text("a b\n", &["ab\na  b\n"]), "a b\n");
        assert_eq!(text("a\nb\n", &[]), "a\nb\n");
        assert_eq!(text("a\nb\n", &["a\nb\n"]), "");
        assert_eq!(text("", &["a\n"]), "");
    }

    #[test]
    fn a_line_must_be_fresh_against_every_old_version() {
        assert_eq!(text("a\nb\nc\nd\n", &["a\nb\n", "a\nc\n"]), "d\n");
    }

    #[test]
    fn a_moved_line_is_fresh_somewhere() {
        assert_eq!(text("b\nc\nd\na\n", &["a\nb\nc\nd\n"]), "a\n");
    }

    #[test]
    fn a_repeated_line_is_fresh_where_it_was_added() {
        assert_eq!(text("}\nx\n}\n", &["}\n"]), "x\n}\n");
    }

    #[test]
    fn a_line_that_no_old_version_has_is_always_fresh() {
        let mut rng = Rng::new(5);
        for _ in 0..3000 {
            let variety = 1 + rng.below(30);
            let version = |rng: &mut Rng| -> Vec<u8> {
                let mut out = Vec::new();
                for _ in 0..rng.below(60) {
                    out.extend(format!("line {}", rng.below(variety)).bytes());
                    out.push(b'\n');
                }
                if rng.below(2) == 0 {
                    out.pop();
                }
                out
            };
            let new = version(&mut rng);
            let olds: Vec<Vec<u8>> = (0..1 + rng.below(2)).map(|_| version(&mut rng)).collect();
            let olds: Vec<&[u8]> = olds.iter().map(Vec::as_slice).collect();
            let ranges = added(&new, &olds);
            assert!(ranges.windows(2).all(|pair| pair[0].end < pair[1].start));
            let mut at = 0;
            for line in split(&new) {
                let here = at..at + line.len();
                at = here.end;
                let fresh = ranges
                    .iter()
                    .any(|range| range.start <= here.start && here.end <= range.end);
                let touched = ranges
                    .iter()
                    .any(|range| range.start < here.end && here.start < range.end);
                assert_eq!(fresh, touched);
                let line = without_space(&[line])[0];
                let known = |old: &&[u8]| without_space(&split(old)).contains(&line);
                assert!(fresh || olds.iter().any(known));
            }
            // A line is fresh at least as often as it was added.
            if let [old] = olds[..] {
                let count = |text: &[u8], line: &[u8]| {
                    without_space(&split(text))
                        .iter()
                        .filter(|other| **other == line)
                        .count()
                };
                for line in without_space(&split(&new)) {
                    let fresh: usize = ranges.iter().map(|r| count(&new[r.clone()], line)).sum();
                    assert!(fresh >= count(&new, line).saturating_sub(count(old, line)));
                }
            }
        }
    }

    #[test]
    fn hostile_repetition_is_cheap_and_loses_nothing() {
        let old = "x\ny\n".repeat(40_000);
        let new = ["y\ny\nx\n".repeat(30_000), "secret\n".to_owned()].concat();
        assert!(text(&new, &[&old]).contains("secret\n"));
    }
}
