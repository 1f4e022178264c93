//! The configuration of an image as a text that people and rules read.

use super::digest::Digest;
use super::node::Node;

/// Names whose list is one command.
const COMMANDS: &[&str] = &["Cmd", "Entrypoint", "Shell", "Test", "Args"];
/// Names whose texts say enough by themselves: they are assignments, or commands.
const BARE: &[&str] = &["Env", "created_by", "comment", "OnBuild"];

/// Returns the text: a line for each variable of `Env`, as it is written there; for each label,
/// `name=value`; a line for each command of the history; and all other values as `name=value`.
pub(super) fn text(config: &Node) -> String {
    let mut text = String::new();
    // What is left, the next one last. The document is as deep as a parser allows, but wide.
    let mut left = vec![("", config)];
    while let Some((name, node)) = left.pop() {
        match node {
            Node::Plain(value) | Node::Text(value) => line(&mut text, name, value),
            Node::List(items) if COMMANDS.contains(&name) => {
                let words: Option<Vec<&str>> = items.iter().map(Node::as_text).collect();
                match words {
                    Some(words) => line(&mut text, name, &words.join(" ")),
                    None => left.extend(items.iter().rev().map(|item| (name, item))),
                }
            }
            Node::List(items) => {
                let is_flat = !items.is_empty() && items.iter().all(|i| i.as_text().is_some());
                let below = if is_flat { name } else { head(&mut text, name) };
                left.extend(items.iter().rev().map(|item| (below, item)));
            }
            Node::Map(fields) => {
                head(&mut text, name);
                let fields = fields.iter().rev();
                left.extend(fields.map(|(name, value)| (name.as_str(), value)));
            }
        }
    }
    text
}

/// Writes a name whose values follow. A name may be a value, too.
fn head(text: &mut String, name: &str) -> &'static str {
    if !name.is_empty() {
        text.push_str(name);
        text.push_str(":\n");
    }
    ""
}

fn line(text: &mut String, name: &str, value: &str) {
    if !name.is_empty() && !BARE.contains(&name) {
        text.push_str(name);
        text.push('=');
    }
    text.push_str(value);
    text.push('\n');
}

/// What a configuration says of its image.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The platform: `linux/amd64`.
    pub(super) platform: String,
    /// The commands that made layers, one for each.
    pub(super) commands: Vec<String>,
    /// What layers are without their compression, one for each.
    pub(super) sums: Vec<Option<Digest>>,
}

/// Returns what a configuration says.
pub(super) fn facts(config: &Node) -> Facts {
    let made = config.list("history").iter();
    let made = made.filter(|step| step.get("empty_layer").and_then(Node::as_text) != Some("true"));
    let sums = config.get("rootfs").map_or(&[][..], |r| r.list("diff_ids"));
    let sums = sums.iter().map(|sum| Digest::parse(sum.as_text()?));
    let parts = ["os", "architecture", "variant"].map(|part| config.text(part));
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    Facts {
        platform: parts.collect::<Vec<_>>().join("/"),
        commands: made.map(|step| brief(step.text("created_by"))).collect(),
        sums: sums.collect(),
    }
}

/// The longest command that is shown as a whole, in bytes.
const LONGEST: usize = 300;

/// Returns the first line of a command, or its first words if that is long. No word is cut, and
/// none that may be a value ends it: text is masked as a whole.
fn brief(command: &str) -> String {
    let command = command.trim();
    let command = command.strip_prefix("/bin/sh -c ").unwrap_or(command);
    let command = command.strip_prefix("#(nop) ").unwrap_or(command).trim();
    let command = match command.strip_prefix("RUN /bin/sh -c ") {
        Some(rest) => format!("RUN {rest}"),
        None => command.to_owned(),
    };
    let first = command.lines().next().unwrap_or_default();
    if first.len() <= LONGEST && first.len() == command.len() {
        return command;
    }
    let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let mut words = first.split_whitespace();
    let mut brief = words.next().unwrap_or_default().to_owned();
    if !brief.bytes().all(|b| b.is_ascii_alphabetic()) {
        brief.clear();
    }
    for word in words.take_while(is_word).take(4).filter(|w| w.len() < 16) {
        brief.push(' ');
        brief.push_str(word);
    }
    brief + " ..."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        Node::parse(text.as_bytes()).expect("a document")
    }

    #[test]
    fn everything_stands_in_the_text() {
        let config = node(
            r#"{"architecture":"amd64","config":{"Env":["A=b","A=c"],"Cmd":["run","--now"],
            "Labels":{"x":"y"},"Labels":{"x":"z"}},"history":[{"created_by":"RUN x"}],
            "Volumes":{"/data":{}}}"#,
        );
        assert_eq!(
            text(&config),
            "architecture=amd64\nconfig:\nA=b\nA=c\nCmd=run --now\nLabels:\nx=y\nLabels:\nx=z\n\
             history:\nRUN x\nVolumes:\n/data:\n"
        );
    }

    #[test]
    fn commands_without_a_layer_do_not_count() {
        let config = node(
            r#"{"history":[{"created_by":"/bin/sh -c #(nop) ADD file:1 in / "},
            {"created_by":"ENV A=b","empty_layer":true},
            {"created_by":"RUN /bin/sh -c pip install x # buildkit"}]}"#,
        );
        assert_eq!(
            facts(&config).commands,
            ["ADD file:1 in /", "RUN pip install x # buildkit"]
        );
    }

    #[test]
    fn a_long_command_is_cut_between_words() {
        let long = format!("RUN apt-get install {}", "a=b ".repeat(200));
        assert_eq!(brief(&long), "RUN apt-get install ...");
        assert_eq!(brief("RUN true\nPASS=x"), "RUN true ...");
    }
}
