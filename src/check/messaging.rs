//! Tokens of messaging services: Discord, Slack, Telegram, Twilio, SendGrid.
//! They have no checksum, so the checks read ids, alphabets and sizes.

use super::encoding::base64;
use super::{Outcome, valid};
use crate::calendar::date;

/// The first millisecond of Discord's ids, 2015-01-01.
pub(crate) const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// Checks Discord bot tokens. The first part is base64 of the bot's decimal id,
/// whose upper bits are the bot's creation time.
pub(crate) fn discord(token: &[u8]) -> Outcome {
    let parts: Vec<&[u8]> = token.splitn(4, |&b| b == b'.').collect();
    let [id, stamp, mac] = parts[..] else {
        return Outcome::Invalid("not three parts");
    };
    if !(6..=7).contains(&stamp.len()) || !(27..=38).contains(&mac.len()) {
        return Outcome::Invalid("parts of other sizes");
    }
    let digits = base64(id)
        .filter(|text| (17..=20).contains(&text.len()) && text.iter().all(u8::is_ascii_digit));
    let id = digits
        .and_then(|text| String::from_utf8(text).ok())
        .and_then(|text| text.parse::<u64>().ok());
    let created = id
        .map(|id| (id >> 22) + DISCORD_EPOCH_MS)
        .and_then(|ms| i64::try_from(ms / 1000).ok())
        .and_then(date);
    match created {
        Some(day) => valid(format!("Discord bot id, created {day}")),
        None => Outcome::Invalid("first part is not an id"),
    }
}

/// Checks Telegram bot tokens: a numeric bot id, a colon, `AA` and 33 characters.
pub(crate) fn telegram(token: &[u8]) -> Outcome {
    let Some(colon) = token.iter().position(|&b| b == b':') else {
        return Outcome::Invalid("no colon");
    };
    let (id, secret) = (&token[..colon], &token[colon + 1..]);
    let id_fits =
        (8..=10).contains(&id.len()) && id.iter().all(u8::is_ascii_digit) && !id.starts_with(b"0");
    let secret_fits = secret.len() == 35
        && secret.starts_with(b"AA")
        && secret
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if id_fits && secret_fits {
        valid("Telegram bot id and secret")
    } else {
        Outcome::Invalid("not a bot id and secret")
    }
}

/// Refutes Twilio SIDs that are not two capitals and 32 lower-case hex digits.
/// Those prove nothing.
pub(crate) fn twilio(sid: &[u8]) -> Outcome {
    let hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    match sid.split_at_checked(2) {
        Some((kind, rest))
            if kind.iter().all(u8::is_ascii_uppercase)
                && rest.len() == 32
                && rest.iter().all(hex) =>
        {
            Outcome::Unknown
        }
        _ => Outcome::Invalid("not two capitals and 32 hex digits"),
    }
}

/// Checks SendGrid keys: `SG.`, 16 bytes and 32 bytes in URL-safe base64.
pub(crate) fn sendgrid(key: &[u8]) -> Outcome {
    let parts: Vec<&[u8]> = key.splitn(4, |&b| b == b'.').collect();
    let size = |part: &[u8]| base64(part).map(|bytes| bytes.len());
    match parts[..] {
        [b"SG", id, secret] if size(id) == Some(16) && size(secret) == Some(32) => {
            valid("SendGrid key of 16 and 32 bytes")
        }
        _ => Outcome::Invalid("parts are not 16 and 32 bytes"),
    }
}

/// Checks the numeric ids inside Slack tokens and names the kind. Kinds without
/// ids are unknown.
pub(crate) fn slack(token: &[u8]) -> Outcome {
    let parts: Vec<&[u8]> = token.splitn(8, |&b| b == b'-').collect();
    let id = |part: &[u8]| (1..=15).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    let word = |part: &[u8]| part.len() >= 8 && part.iter().all(u8::is_ascii_alphanumeric);
    let kind = match parts[..] {
        [b"xoxb", a, secret] if id(a) && word(secret) => "Slack bot token",
        [b"xoxb", a, b, secret] if id(a) && id(b) && word(secret) => "Slack bot token",
        [b"xoxp" | b"xoxo" | b"xoxs" | b"xoxc", a, b, c, secret]
            if id(a) && id(b) && id(c) && word(secret) =>
        {
            "Slack user token"
        }
        [b"xapp", version, app, number, secret]
            if id(version) && app.starts_with(b"A") && id(number) && word(secret) =>
        {
            "Slack app-level token"
        }
        [b"xoxe.xoxp" | b"xoxe.xoxb", version, secret] if id(version) && word(secret) => {
            "Slack rotating token"
        }
        [b"xoxe", version, secret] if id(version) && word(secret) => "Slack refresh token",
        [
            b"xoxb" | b"xoxp" | b"xoxo" | b"xoxs" | b"xoxc" | b"xapp",
            ..,
        ] => {
            return Outcome::Invalid("ids are not numeric");
        }
        _ => return Outcome::Unknown,
    };
    valid(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn discord_ids() {
        let id = ((1_609_459_200_000u64 - DISCORD_EPOCH_MS) << 22).to_string();
        let head = base64_encode(id.as_bytes(), Alphabet::Standard, false);
        assert!(head.starts_with(['M', 'N', 'O']));
        let token = [&head, ".AbCdEf.", &"x".repeat(27)].concat();
        assert_valid(
            discord(token.as_bytes()),
            "Discord bot id, created 2021-01-01",
        );
        assert_invalid(discord(["A", &token[1..]].concat().as_bytes()));
        assert_invalid(discord(&token.as_bytes()[..token.len() - 1]));
        assert_invalid(discord(token.replace(".A", "A").as_bytes()));
    }

    #[test]
    fn telegram_tokens() {
        let token = ["123456789", ":", "AA", &"x_-".repeat(11)].concat();
        assert_valid(telegram(token.as_bytes()), "Telegram bot id and secret");
        for (from, to) in [(":", "."), ("AA", "AB"), ("1", "0"), ("9:", "99999:")] {
            assert_invalid(telegram(token.replacen(from, to, 1).as_bytes()));
        }
    }

    #[test]
    fn twilio_and_sendgrid() {
        let sid = ["SK", &"0a".repeat(16)].concat();
        assert_eq!(twilio(sid.as_bytes()), Outcome::Unknown);
        assert_invalid(twilio(sid.to_uppercase().as_bytes()));
        let part = |n: usize| base64_encode(&vec![7; n], Alphabet::Url, false);
        let key = ["SG", &part(16), &part(32)].join(".");
        assert_valid(sendgrid(key.as_bytes()), "SendGrid key of 16 and 32 bytes");
        assert_invalid(sendgrid(&key.as_bytes()[..68]));
        assert_invalid(sendgrid([&key, ".x"].concat().as_bytes()));
    }

    #[test]
    fn slack_kinds() {
        let (id, secret) = ("1234567890", "abcdefghijkl1234567890AB");
        let hex = "0a".repeat(32);
        for (parts, kind) in [
            (vec!["xoxb", id, id, secret], "Slack bot token"),
            (vec!["xoxb", id, secret], "Slack bot token"),
            (vec!["xoxp", id, id, id, &hex], "Slack user token"),
            (
                vec!["xapp", "1", "A0123456789", id, &hex],
                "Slack app-level token",
            ),
            (vec!["xoxe.xoxp", "1", secret], "Slack rotating token"),
            (vec!["xoxe", "1", secret], "Slack refresh token"),
        ] {
            assert_valid(slack(parts.join("-").as_bytes()), kind);
        }
        assert_invalid(slack(["xoxb", "your", "bot", "token"].join("-").as_bytes()));
        assert_eq!(
            slack(["xoxr", "abc"].join("-").as_bytes()),
            Outcome::Unknown
        );
    }
}
