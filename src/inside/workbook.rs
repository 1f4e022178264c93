//! Sheets of a workbook, with the texts that their cells hold.
//!
//! Most cells hold the number of a text that stands in another part, for all sheets. That part
//! often lies behind the sheets. So sheets wait for it, up to a limit, and a row reads as its cells:
//! `password`, a tab, and the value. The part itself is then left with the texts that no cell holds.
//!
//! Source: ECMA-376, part 1, 18.3.1.4 (`c`), 18.4.8 (`si`) and 18.4.9 (`sst`).

use std::io::{self, Read};

use super::input::{HEAD, Input, hand_out};
use super::office::{self, Places, Text};
use super::trouble::{Class, Trouble};
use super::{Budget, Members};

/// The most bytes of a workbook that are held. Parts beyond are passed on as they are: cells without
/// the texts of another part, and those as a list.
const HELD: usize = if cfg!(test) { 1 << 20 } else { 16 << 20 };
/// The longest text in bytes that is written in every cell that holds it. A longer one is written
/// in the first, so that a workbook is not many times longer than its parts.
const REPEATED: usize = 64;

/// The members of a zip, which may be a workbook.
pub(super) struct Workbook<'m> {
    members: &'m mut dyn Members,
    budget: &'m Budget,
    level: u32,
    sheets: Vec<Part>,
    strings: Vec<Part>,
    /// How many bytes more may be held.
    left: usize,
}

/// A part that is held.
struct Part {
    name: Vec<u8>,
    text: Vec<u8>,
    places: Places,
    /// What ended it early.
    failed: Option<Trouble>,
    /// Which of its texts a cell holds.
    is_used: Vec<bool>,
}

impl Part {
    /// The directory in which the workbook lies whose texts these are.
    fn directory(&self) -> &[u8] {
        let slash = self.name.iter().rposition(|b| matches!(b, b'/' | b'\\'));
        &self.name[..slash.map_or(0, |at| at + 1)]
    }

    /// Returns a text that cells may hold.
    fn string(&self, index: usize) -> Option<&[u8]> {
        let end = *self.places.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            Some(before) => *self.places.ends.get(before)? as usize,
            None => 0,
        };
        let text = self.text.get(start..end)?;
        Some(text.strip_prefix(b"\n").unwrap_or(text))
    }

    /// Returns the text of a cell that holds the text `index`.
    fn cell(&mut self, index: u32) -> Option<&[u8]> {
        let index = index as usize;
        let is_used = self.is_used.get_mut(index)?;
        let is_again = std::mem::replace(is_used, true);
        let text = self.string(index)?;
        (!is_again || text.len() <= REPEATED).then_some(text)
    }
}

impl<'m> Workbook<'m> {
    /// Begins a zip whose members lie at `level`.
    pub(super) fn new(members: &'m mut dyn Members, budget: &'m Budget, level: u32) -> Self {
        Self {
            members,
            budget,
            level,
            sheets: Vec::new(),
            strings: Vec::new(),
            left: HELD,
        }
    }

    /// Passes on what was held.
    ///
    /// # Errors
    /// Fails if the walk must end.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut strings = self.strings;
        for sheet in self.sheets {
            let own = strings
                .iter_mut()
                .filter(|part| sheet.name.starts_with(part.directory()))
                .max_by_key(|part| part.directory().len());
            let mut rows = Rows {
                sheet: &sheet,
                strings: own,
                cell: 0,
                at: 0,
                ready: Vec::new(),
                taken: 0,
            };
            self.members.member(&sheet.name, &mut rows)?;
        }
        for part in &strings {
            let mut left = Vec::new();
            for (index, is_used) in part.is_used.iter().enumerate() {
                if let (false, Some(text)) = (is_used, part.string(index)) {
                    left.extend_from_slice(text);
                    left.push(b'\n');
                }
            }
            // What stands behind the last text.
            let end = part.places.ends.last().map_or(0, |end| *end as usize);
            left.extend_from_slice(part.text.get(end..).unwrap_or_default());
            let mut left = left.chain(Ending(part.failed));
            self.members.member(&part.name, &mut left)?;
        }
        Ok(())
    }

    /// Holds a part of a workbook, or passes it on if it need not be held or cannot be.
    fn part(&mut self, name: &[u8], input: &mut Input<'_>, is_sheet: bool) -> io::Result<()> {
        let mut text = Text::new(input);
        let Some((text, places, read)) = text.collect(self.left) else {
            return self.members.member(name, &mut text);
        };
        let failed = match read {
            Ok(()) => None,
            Err(error) => Some(Trouble::of(&error).ok_or(error)?),
        };
        if is_sheet && places.cells.is_empty() {
            let mut text = text.chain(Ending(failed));
            return self.members.member(name, &mut text);
        }
        let size = text.len() + places.size() + name.len();
        self.left = self.left.saturating_sub(size);
        let part = Part {
            name: name.to_vec(),
            is_used: vec![false; places.ends.len()],
            text,
            places,
            failed,
        };
        match is_sheet {
            true => self.sheets.push(part),
            false => self.strings.push(part),
        }
        Ok(())
    }
}

impl Members for Workbook<'_> {
    fn member(&mut self, name: &[u8], content: &mut dyn Read) -> io::Result<()> {
        // Other members are not looked at, which would take time.
        let ending = name.last_chunk::<4>();
        if !ending.is_some_and(|ending| ending.eq_ignore_ascii_case(b".xml")) {
            return self.members.member(name, content);
        }
        let mut input = Input::new(content, self.budget, self.level);
        match input.peek(HEAD).ok().and_then(office::root) {
            Some(b"worksheet") => self.part(name, &mut input, true),
            Some(b"sst") => self.part(name, &mut input, false),
            _ => self.members.member(name, &mut input),
        }
    }

    fn rest(&mut self, bytes: &[u8]) {
        self.members.rest(bytes);
    }

    fn shut(&mut self, name: &[u8], class: Class, bytes: u64) {
        self.members.shut(name, class, bytes);
    }
}

/// The end of a part.
struct Ending(Option<Trouble>);

impl Read for Ending {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {
            Some(trouble) => Err(trouble.into()),
            None => Ok(0),
        }
    }
}

/// The text of a sheet, with the texts that its cells hold.
struct Rows<'p> {
    sheet: &'p Part,
    strings: Option<&'p mut Part>,
    /// The next cell that holds a text, and where the text of the sheet goes on.
    cell: usize,
    at: usize,
    ready: Vec<u8>,
    /// How much of `ready` was read.
    taken: usize,
}

impl Rows<'_> {
    /// Makes more text ready. None at the end.
    fn step(&mut self) -> Option<()> {
        self.ready.clear();
        self.taken = 0;
        let text = &self.sheet.text;
        while self.ready.len() < 4096 {
            let cell = self.sheet.places.cells.get(self.cell);
            let to = cell.map_or(text.len(), |(at, _)| *at as usize);
            self.ready
                .extend_from_slice(text.get(self.at..to).unwrap_or_default());
            self.at = to;
            let Some((_, index)) = cell else {
                return (!self.ready.is_empty()).then_some(());
            };
            self.cell += 1;
            let held = self.strings.as_mut().and_then(|part| part.cell(*index));
            self.ready.extend_from_slice(held.unwrap_or_default());
        }
        Some(())
    }
}

impl Read for Rows<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.ready.len() && self.step().is_none() {
            return Ending(self.sheet.failed).read(buffer);
        }
        Ok(hand_out(&self.ready, &mut self.taken, buffer))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Opened, open};
    use super::super::whole::damage_some;
    use super::super::zip::stored;
    use super::*;

    const SPACE: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    const SHEET: &str = "xl/worksheets/sheet1.xml";
    const STRINGS: &str = "xl/sharedStrings.xml";

    /// A sheet whose rows hold these texts.
    fn sheet(rows: &[&[u32]]) -> String {
        let mut xml = format!("<?xml version=\"1.0\"?><worksheet {SPACE}><sheetData>");
        for row in rows {
            xml.push_str("<row>");
            for index in *row {
                xml.push_str(&format!("<c r=\"A1\" t=\"s\"><v>{index}</v></c>"));
            }
            xml.push_str("<c><v>42</v></c></row>");
        }
        xml + "</sheetData></worksheet>"
    }

    fn strings(texts: &[&str]) -> String {
        let texts: String = texts
            .iter()
            .map(|text| match *text {
                "" => "<si/>".to_owned(),
                text => format!(
                    "<si><r><t>{}</t></r><r><t>{}</t></r></si>",
                    &text[..1],
                    &text[1..]
                ),
            })
            .collect();
        format!("<sst {SPACE} count=\"3\">{texts}</sst>")
    }

    fn book(parts: &[(&str, &str)]) -> Vec<u8> {
        let parts: Vec<_> = parts
            .iter()
            .map(|(name, xml)| (*name, xml.as_bytes()))
            .collect();
        stored(&parts)
    }

    fn text(opened: &Opened, name: &str) -> String {
        assert_eq!(opened.shut, []);
        assert_eq!(
            opened.paths().iter().filter(|path| **path == name).count(),
            1
        );
        opened.text(name)
    }

    #[test]
    fn rows_have_the_texts_that_their_cells_hold() {
        let sheet = sheet(&[&[0, 3], &[2], &[0, 4, 9]]);
        let strings = strings(&["password", "in no cell", "other", "one\ntwo", ""]);
        for parts in [
            [(SHEET, &sheet[..]), (STRINGS, &strings[..])],
            [(STRINGS, &strings), (SHEET, &sheet)],
        ] {
            let book = book(&parts);
            let opened = open(&book);
            let rows = "password\tone\ntwo\t42\nother\t42\npassword\t\t\t42\n";
            assert!(
                text(&opened, SHEET).starts_with(rows),
                "{}",
                text(&opened, SHEET)
            );
            let left = text(&opened, STRINGS);
            assert!(
                left.starts_with("in no cell\n") && !left.contains("other"),
                "{left}"
            );
            damage_some(&book);
        }
    }

    #[test]
    fn each_workbook_has_its_own_texts() {
        let (one, two) = (strings(&["first"]), strings(&["second"]));
        let sheet = sheet(&[&[0]]);
        let inner = format!("a/{SHEET}");
        let opened = open(&book(&[
            (SHEET, &sheet),
            (&inner, &sheet),
            (STRINGS, &one),
            (&format!("a/{STRINGS}"), &two),
        ]));
        assert!(text(&opened, SHEET).starts_with("first\t42\n"));
        assert!(text(&opened, &inner).starts_with("second\t42\n"));
    }

    #[test]
    fn what_cannot_be_put_together_is_passed_on() {
        let texts = strings(&["password", "value"]);
        let sheet = sheet(&[&[0, 1]]);
        let whole = book(&[(SHEET, &sheet), (STRINGS, &texts)]);
        // The texts are cut off, in the middle or in front.
        let from = memchr::memmem::find(&whole, b"<r><t>v").unwrap();
        let opened = open(&whole[..from]);
        assert!(opened.text(SHEET).starts_with("password\t\t42\n"));
        assert!(!opened.shut.is_empty());
        let opened = open(&whole[..memchr::memmem::find(&whole, b"<sst").unwrap()]);
        assert!(opened.text(SHEET).contains("42\n"));
        // A text is too long to be held.
        let long = strings(&["password", &"long".repeat(HELD / 4)]);
        let opened = open(&book(&[(SHEET, &sheet), (STRINGS, &long)]));
        assert!(text(&opened, SHEET).starts_with("\t\t42\n"));
        assert!(text(&opened, STRINGS).starts_with("password\nlonglong"));
        // The sheet is too long.
        let rows: Vec<&[u32]> = vec![&[0, 1]; HELD / 16];
        let large = self::sheet(&rows);
        let opened = open(&book(&[(SHEET, &large), (STRINGS, &texts)]));
        assert!(text(&opened, STRINGS).starts_with("password\nvalue\n"));
        assert!(text(&opened, SHEET).contains("42\n"));
    }

    #[test]
    fn a_long_text_is_written_once() {
        let long = "l".repeat(REPEATED + 1);
        let parts = [
            (SHEET, &*sheet(&[&[0], &[0]])),
            (STRINGS, &*strings(&[&long])),
        ];
        let opened = open(&book(&parts));
        assert!(text(&opened, SHEET).starts_with(&format!("{long}\t42\n\t42\n")));
    }
}
