//! Ignore files. Any text parses, or fails with line numbers. A parsed entry keeps its meaning when
//! written from its parts. Days are days of the calendar.

use super::input::Input;
use stopleak::calendar::Day;
use stopleak::suppress::ignores::Ignores;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let today = Day::of_unix_time(u64::from(input.short()) * 86_400);
    let text = input.text();
    let ignores = match Ignores::parse(text, Some(today)) {
        Ok(ignores) => ignores,
        Err(errors) => return super::check_lines(&errors, text),
    };
    let lines: Vec<&str> = text.lines().collect();
    let expired = ignores.expired().count();
    assert_eq!(ignores.unused().count() + expired, ignores.entries().len());
    let meant = lines
        .iter()
        .filter(|line| !matches!(line.trim().chars().next(), None | Some('#')));
    assert_eq!(
        meant.count(),
        ignores.entries().len(),
        "a line was passed over"
    );
    for entry in ignores.entries() {
        let mut line: String = entry.id.iter().map(|b| format!("{b:02x}")).collect();
        if let Some(day) = entry.until {
            line += &format!(" until={day}");
        }
        // An empty owner cannot be written. It means the same as no owner.
        if !entry.owner.is_empty() {
            line += &format!(" owner={}", entry.owner);
        }
        if entry.only_here {
            line += " only-here";
        }
        line += &format!(" {}", entry.reason);
        let again = Ignores::parse(&line, Some(today)).expect("a line of the same parts");
        let [same] = again.entries() else {
            panic!("one line, one entry");
        };
        assert_eq!(same.id, entry.id);
        assert_eq!(same.until, entry.until);
        assert_eq!(same.owner, entry.owner);
        assert_eq!(same.only_here, entry.only_here);
        assert_eq!(same.reason, entry.reason);
        assert_eq!(again.is_expired(same), ignores.is_expired(entry));
    }
}
