//! The columns of a table or an index, as the statement says that created it.

/// What a statement says about the records of a table or an index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// Their names, in the order of the values of a record.
    pub(super) names: Vec<Vec<u8>>,
}

/// A word, a name in quotes, or a single sign.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a [u8],
    is_quoted: bool,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        !self.is_quoted && self.text.eq_ignore_ascii_case(word.as_bytes())
    }
}

/// Splits a statement.
struct Tokens<'a>(&'a [u8]);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.0 = self.0.trim_ascii_start();
            let comment = match self.0 {
                [b'-', b'-', ..] => memchr::memchr(b'\n', self.0),
                [b'/', b'*', rest @ ..] => memchr::memmem::find(rest, b"*/").map(|at| at + 4),
                _ => break,
            };
            self.0 = &self.0[comment.unwrap_or(self.0.len())..];
        }
        let (first, rest) = self.0.split_first()?;
        let close = match first {
            b'"' | b'`' | b'\'' => *first,
            b'[' => b']',
            _ => {
                let is_word =
                    |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | 0x80..);
                let len = self.0.iter().take_while(|b| is_word(b)).count().max(1);
                let (text, rest) = self.0.split_at(len);
                self.0 = rest;
                return Some(Token {
                    text,
                    is_quoted: false,
                });
            }
        };
        let mut end = 0;
        loop {
            match memchr::memchr(close, rest.get(end..).unwrap_or_default()) {
                // A quote in a name is doubled.
                Some(at) if close != b']' && rest.get(end + at + 1) == Some(&close) => {
                    end += at + 2;
                }
                Some(at) => {
                    end += at;
                    break;
                }
                None => {
                    end = rest.len();
                    break;
                }
            }
        }
        self.0 = rest.get(end + 1..).unwrap_or_default();
        Some(Token {
            text: &rest[..end],
            is_quoted: true,
        })
    }
}

/// The most bytes of a name that are written in front of a value.
const NAME: usize = 64;

/// The most columns of a table.
const COLUMNS: usize = 32767;

/// The most words that say something about a column.
const TOKENS: usize = 1 << 16;

/// Returns a name as it is written in front of values.
pub(super) fn name(text: &[u8]) -> Vec<u8> {
    let text = &text[..text.len().min(NAME)];
    let plain = |b: &u8| if *b < b' ' { b' ' } else { *b };
    text.iter().map(plain).collect()
}

#[derive(Default)]
struct Column {
    name: Vec<u8>,
    is_key: bool,
    is_computed: bool,
    is_stored: bool,
}

/// Returns the columns that a `CREATE TABLE` or `CREATE INDEX` statement tells.
pub(super) fn columns(sql: &[u8]) -> Columns {
    let mut tokens = Tokens(sql);
    if tokens.find(|token| token.is("(")).is_none() {
        return Columns::default();
    }
    let mut columns = Vec::<Column>::new();
    // Names of the key, in its order.
    let mut key = Vec::<Vec<u8>>::new();
    let mut part = Vec::new();
    let mut depth = 1_usize;
    for token in tokens.by_ref() {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
        }
        if depth == 0 || (depth == 1 && token.is(",")) {
            column(&part, &mut columns, &mut key);
            part.clear();
        } else if part.len() < TOKENS {
            part.push((token, depth));
        }
        if depth == 0 || columns.len() >= COLUMNS || key.len() >= COLUMNS {
            break;
        }
    }
    let behind: Vec<_> = tokens.take(8).collect();
    let is_keyed = behind
        .windows(2)
        .any(|pair| pair[0].is("WITHOUT") && pair[1].is("ROWID"));
    let stored = |column: &&Column| !column.is_computed || column.is_stored;
    let mut names = Vec::new();
    if is_keyed {
        for column in &columns {
            if column.is_key && key.is_empty() {
                names.push(column.name.clone());
            }
        }
        names.extend(key);
        names.dedup();
    }
    let first: std::collections::HashSet<_> = names.iter().cloned().collect();
    for column in columns.iter().filter(stored) {
        if !first.contains(&column.name) {
            names.push(column.name.clone());
        }
    }
    Columns { names }
}

/// Notes what a part of a statement says: a column, or a rule for all of them.
fn column(part: &[(Token<'_>, usize)], columns: &mut Vec<Column>, key: &mut Vec<Vec<u8>>) {
    let Some((first, _)) = part.first() else {
        return;
    };
    const RULES: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    if RULES.iter().any(|rule| first.is(rule)) {
        let primary = part
            .iter()
            .position(|(token, depth)| *depth == 1 && token.is("PRIMARY"));
        if let Some(at) = primary {
            let mut is_next = true;
            for (token, depth) in &part[at..] {
                if *depth == 2 && token.is(",") {
                    is_next = true;
                } else if *depth == 2 && is_next && !token.is("(") {
                    key.push(name(token.text));
                    is_next = false;
                }
            }
        }
        return;
    }
    let flag = |word| {
        let mut rest = part[1..].iter();
        rest.any(|(token, depth)| *depth == 1 && token.is(word))
    };
    columns.push(Column {
        name: name(first.text),
        is_key: flag("PRIMARY"),
        is_computed: flag("AS"),
        is_stored: flag("STORED"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> String {
        let names = columns(sql.as_bytes()).names;
        String::from_utf8_lossy(&names.join(&b'|')).into_owned()
    }

    #[test]
    fn columns_stand_in_the_order_of_records() {
        assert_eq!(
            names(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, \"a, b\" TEXT DEFAULT ('x,y'), [c] -- no, comment\n, `d` NUMERIC(10,2), CONSTRAINT u UNIQUE (id, c))"
            ),
            "id|a, b|c|d"
        );
        assert_eq!(
            names("CREATE TABLE t(a, b INT AS (a+1), c INT GENERATED ALWAYS AS (a) STORED, d)"),
            "a|c|d"
        );
        assert_eq!(
            names("create table t(a, b, c, primary key(c desc, b)) without rowid"),
            "c|b|a"
        );
        assert_eq!(
            names("CREATE TABLE t(a, k PRIMARY KEY) STRICT, WITHOUT ROWID"),
            "k|a"
        );
        assert_eq!(
            names("CREATE INDEX i ON t(name, lower(\"mail\"))"),
            "name|lower"
        );
        assert_eq!(names("CREATE TABLE"), "");
        assert_eq!(names("CREATE TABLE t (a, 'b"), "a");
    }
}
