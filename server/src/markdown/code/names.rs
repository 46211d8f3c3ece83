//! What a block of code is called: the words after a fence name a language, a file or both.

/// Longest name shown, in characters.
const MAX_NAME_CHARS: usize = 48;

/// Languages: as people write them, as they are called, and the end of a file's name.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("bash", "Bash", "sh"),
    ("c", "C", "c"),
    ("c++", "C++", "cpp"),
    ("console", "Shell", "sh"),
    ("cpp", "C++", "cpp"),
    ("cs", "C#", "cs"),
    ("csharp", "C#", "cs"),
    ("css", "CSS", "css"),
    ("csv", "CSV", "csv"),
    ("dart", "Dart", "dart"),
    ("diff", "Diff", "diff"),
    ("dockerfile", "Dockerfile", "dockerfile"),
    ("go", "Go", "go"),
    ("golang", "Go", "go"),
    ("html", "HTML", "html"),
    ("ini", "INI", "ini"),
    ("java", "Java", "java"),
    ("javascript", "JavaScript", "js"),
    ("js", "JavaScript", "js"),
    ("json", "JSON", "json"),
    ("jsx", "JSX", "jsx"),
    ("julia", "Julia", "jl"),
    ("kotlin", "Kotlin", "kt"),
    ("latex", "LaTeX", "tex"),
    ("lua", "Lua", "lua"),
    ("makefile", "Makefile", "mk"),
    ("markdown", "Markdown", "md"),
    ("md", "Markdown", "md"),
    ("mermaid", "Mermaid", "mmd"),
    ("nginx", "nginx", "conf"),
    ("patch", "Diff", "diff"),
    ("perl", "Perl", "pl"),
    ("php", "PHP", "php"),
    ("powershell", "PowerShell", "ps1"),
    ("py", "Python", "py"),
    ("python", "Python", "py"),
    ("r", "R", "R"),
    ("rb", "Ruby", "rb"),
    ("rs", "Rust", "rs"),
    ("ruby", "Ruby", "rb"),
    ("rust", "Rust", "rs"),
    ("scala", "Scala", "scala"),
    ("scss", "SCSS", "scss"),
    ("sh", "Shell", "sh"),
    ("shell", "Shell", "sh"),
    ("sql", "SQL", "sql"),
    ("svg", "SVG", "svg"),
    ("swift", "Swift", "swift"),
    ("tex", "LaTeX", "tex"),
    ("toml", "TOML", "toml"),
    ("ts", "TypeScript", "ts"),
    ("tsx", "TSX", "tsx"),
    ("typescript", "TypeScript", "ts"),
    ("xml", "XML", "xml"),
    ("yaml", "YAML", "yaml"),
    ("yml", "YAML", "yaml"),
    ("zig", "Zig", "zig"),
    ("zsh", "Zsh", "sh"),
];

/// Names of one block.
#[derive(Debug)]
pub(super) struct Names {
    /// What the highlighting is asked for.
    pub(super) token: String,
    pub(super) shown: String,
    /// What a copy on the reader's disk is called.
    pub(super) file: String,
}

impl Names {
    pub(super) fn read(info: &str) -> Self {
        let first = info
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{'))
            .next()
            .unwrap_or_default();
        let (language, behind) = first.split_once(':').unwrap_or((first, ""));
        let mut file = file_name(behind).or_else(|| titled(info));
        let mut token = language;
        if file.is_none() && language.contains('.') {
            // The fence names a file alone: its end says the language.
            file = file_name(language);
            if file.is_some() {
                token = language.rsplit('.').next().unwrap_or_default();
            }
        }
        let known = LANGUAGES
            .iter()
            .find(|(name, _, _)| name.eq_ignore_ascii_case(token));
        let shown = match (&file, known) {
            (Some(file), _) => file.as_str(),
            (None, Some((_, shown, _))) => shown,
            (None, None) if token.is_empty() || token.eq_ignore_ascii_case("text") => "Text",
            (None, None) => token,
        };
        let end = known.map_or("txt", |(_, _, end)| end);
        let name = file.as_deref().and_then(|file| file.rsplit('/').next());
        Self {
            shown: shown.chars().take(MAX_NAME_CHARS).collect(),
            file: name.map_or_else(|| format!("code.{end}"), str::to_owned),
            token: token.chars().take(MAX_NAME_CHARS).collect(),
        }
    }
}

/// The text, if it can be the name of a file.
fn file_name(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '+' | '@');
    let has_end = text
        .rsplit_once('.')
        .is_some_and(|(_, end)| !end.is_empty());
    let fits = text.chars().count() <= MAX_NAME_CHARS && !text.ends_with('/');
    (has_end && fits && text.chars().all(is_name)).then(|| text.to_owned())
}

/// `title="app.py"`, `file=app.py`, or a name alone behind the language.
fn titled(info: &str) -> Option<String> {
    let words = info.split_whitespace().skip(1);
    words.into_iter().find_map(|word| {
        let value = ["title=", "file=", "filename="]
            .iter()
            .find_map(|key| word.strip_prefix(key))
            .unwrap_or(word);
        file_name(value.trim_matches(['"', '\'']))
    })
}
