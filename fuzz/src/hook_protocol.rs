//! Standard input of hooks. Any bytes are updates, or fail with a short message. Parsed updates,
//! written again, equal the input.
use stopleak::git::ObjectId;
use stopleak::git::protocol::{self, Dialect};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let hash = if first & 1 == 0 {
        stopleak::git::HashKind::Sha1
    } else {
        stopleak::git::HashKind::Sha256
    };
    let hex = |id: &Option<ObjectId>| id.unwrap_or(ObjectId::null(hash)).to_string();
    for dialect in [Dialect::PrePush, Dialect::PreReceive] {
        match protocol::read(text, dialect, hash) {
            Ok(updates) => {
                let lines = text.split(|byte| *byte == b'\n');
                for (update, line) in updates.iter().zip(lines) {
                    assert!(line.windows(update.name.len()).any(|w| w == update.name));
                    let line = line.to_ascii_lowercase();
                    for id in [&update.old, &update.new] {
                        let hex = hex(id);
                        assert!(line.windows(hex.len()).any(|w| w == hex.as_bytes()));
                    }
                }
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.len() < 1000 && !message.contains(char::is_control));
            }
        }
    }
}
