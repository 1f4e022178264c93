//! The grammars that end values.

/// A way to end values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::detect) enum Grammar {
    /// Documentation: a value without quotes ends at a blank or with its place in a list.
    Text,
    /// Everything unknown: the longer reading counts.
    Unknown,
    /// Programming languages, JSON: strings have quotes, and a quote ends them.
    Code,
    /// Code in which strings in consecutive lines are one: Python, C, SQL.
    Literals,
    /// Code in which only calls join strings: TOML, HCL, Clojure.
    Data,
    /// XML and what is written like it: nothing escapes a quote in a tag.
    Markup,
    /// `.env`: a line is a setting.
    Env,
    /// Java's properties: a line is a setting, and nothing but its end ends it.
    Properties,
    /// INI: a line is a setting; a comment may follow a blank.
    Ini,
    /// Other settings in lines, which may end with `;` or `,`.
    Settings,
    /// YAML: block and flow.
    Yaml,
    /// POSIX shells: words.
    Shell,
    /// PowerShell: the backquote escapes.
    PowerShell,
    /// Batch files: `set`, `^`.
    Batch,
    /// Dockerfiles: `ENV` and `ARG`, and a shell elsewhere.
    Docker,
    /// Makefiles: settings in lines, and a shell in recipes.
    Make,
}

impl Grammar {
    /// How many there are.
    pub(in crate::detect) const COUNT: usize = crate::finding::Tails::COUNT;

    /// Whether what stands without quotes is an expression.
    pub(in crate::detect) fn is_code(self) -> bool {
        matches!(
            self,
            Grammar::Code | Grammar::Literals | Grammar::Data | Grammar::Markup
        )
    }

    /// Every grammar, in the order of their numbers.
    pub(super) const ALL: [Grammar; Self::COUNT] = [
        Grammar::Text,
        Grammar::Unknown,
        Grammar::Code,
        Grammar::Literals,
        Grammar::Data,
        Grammar::Markup,
        Grammar::Env,
        Grammar::Properties,
        Grammar::Ini,
        Grammar::Settings,
        Grammar::Yaml,
        Grammar::Shell,
        Grammar::PowerShell,
        Grammar::Batch,
        Grammar::Docker,
        Grammar::Make,
    ];
}
