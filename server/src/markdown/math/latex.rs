//! Commands that people write and the reader of LaTeX does not know, in words that it knows.

use std::fmt::Write as _;

use super::{chemistry::chemistry, commands};

/// Stand around what is in a frame, until it has one.
pub(super) const FRAME: (char, char) = ('\u{fdd2}', '\u{fdd3}');

/// The formula in commands that are known, as far as one knows them here.
pub(super) fn rewrite(latex: &str) -> String {
    if let Some(fraction) = infix(latex) {
        return fraction;
    }
    let mut rewriter = Rewriter {
        rest: latex,
        out: String::with_capacity(latex.len() + 16),
    };
    while rewriter.step() {}
    rewriter.out
}

/// `a \over b`, `n \choose k` and the like of a group.
fn infix(latex: &str) -> Option<String> {
    commands::INFIX
        .iter()
        .find_map(|(sign, [before, between, behind])| {
            let (above, below) = latex.match_indices(sign).find_map(|(at, sign)| {
                let (above, below) = (&latex[..at], &latex[at + sign.len()..]);
                let is_here = !below.starts_with(|c: char| c.is_ascii_alphabetic())
                    && above.matches('{').count() == above.matches('}').count();
                is_here.then_some((above, below))
            })?;
            let (above, below) = (rewrite(above), rewrite(below));
            Some(format!("{before}{above}{between}{below}{behind}"))
        })
}

struct Rewriter<'a> {
    rest: &'a str,
    out: String,
}

impl<'a> Rewriter<'a> {
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else {
            return false;
        };
        match c {
            '\\' => self.command(),
            '{' => match self.group() {
                Some(content) => self.push_group(content),
                None => self.copy(1),
            },
            '%' if !self.is_comment() => self.replace(1, "\\%"),
            '#' => self.replace(1, "\\#"),
            _ => self.copy(c.len_utf8()),
        }
        true
    }

    fn copy(&mut self, bytes: usize) {
        let (text, rest) = self.rest.split_at(bytes);
        self.out.push_str(text);
        self.rest = rest;
    }

    fn replace(&mut self, bytes: usize, with: &str) {
        self.out.push_str(with);
        self.rest = &self.rest[bytes..];
    }

    fn push_group(&mut self, content: &str) {
        self.out.push('{');
        self.out.push_str(&rewrite(content));
        self.out.push('}');
    }

    /// A percent sign behind a space hides the rest of its line; behind a number it is one.
    fn is_comment(&self) -> bool {
        let is_behind_space = self.out.is_empty() || self.out.ends_with(char::is_whitespace);
        is_behind_space && self.rest.contains('\n')
    }

    /// Takes a group without its braces.
    fn group(&mut self) -> Option<&'a str> {
        let (mut depth, mut is_escaped) = (0, false);
        let end = self.rest.find(|c| {
            match c {
                '{' if !is_escaped => depth += 1,
                '}' if !is_escaped => depth -= 1,
                _ => {}
            }
            is_escaped = c == '\\' && !is_escaped;
            depth == 0
        })?;
        let content = self.rest.get(1..end)?;
        self.rest = &self.rest[end + 1..];
        Some(content)
    }

    /// Takes the argument of a command: a group, a command or a letter.
    fn argument(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('{') {
            return self.group().unwrap_or_default();
        }
        let length = match self.rest.strip_prefix('\\') {
            Some(name) => 1 + command_bytes(name),
            None => self.rest.chars().next().map_or(0, char::len_utf8),
        };
        let (argument, rest) = self.rest.split_at(length);
        self.rest = rest;
        argument
    }

    /// Takes an argument in brackets, if there is one.
    fn optional(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start().strip_prefix('[')?;
        let (argument, rest) = text.split_once(']')?;
        self.rest = rest;
        Some(argument)
    }

    fn skip_star(&mut self) {
        self.rest = self.rest.strip_prefix('*').unwrap_or(self.rest);
    }

    fn command(&mut self) {
        let name = &self.rest[1..];
        let name = &name[..command_bytes(name)];
        let bytes = 1 + name.len();
        if let Some(known) = commands::renamed(name) {
            return self.replace(bytes, known);
        }
        let start = self.rest;
        self.rest = &self.rest[bytes..];
        if !(self.wrapping(name) || self.filling(name) || self.special(name)) {
            self.rest = start;
            self.copy(bytes);
        }
    }

    /// Commands with one argument that become something around it.
    fn wrapping(&mut self, name: &str) -> bool {
        let Some((before, behind)) = commands::around(name) else {
            return false;
        };
        self.skip_star();
        // What stands below an arrow.
        let below = if name.starts_with('x') {
            self.optional().map(rewrite)
        } else {
            None
        };
        let argument = rewrite(self.argument());
        let written = match below {
            Some(below) => format!("\\underset{{{below}}}{{{before}{argument}{behind}}}"),
            None => format!("{before}{argument}{behind}"),
        };
        self.out.push_str(&written);
        true
    }

    /// Commands with several arguments, or with some that are not shown.
    fn filling(&mut self, name: &str) -> bool {
        let Some((num_arguments, template)) = commands::template(name) else {
            return false;
        };
        self.skip_star();
        self.optional();
        let arguments: Vec<String> = (0..num_arguments)
            .map(|_| rewrite(self.argument()))
            .collect();
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('#') {
            self.out.push_str(before);
            let (number, behind) = behind.split_at(1);
            let number: usize = number.parse().unwrap_or(0);
            let argument = number.checked_sub(1).and_then(|at| arguments.get(at));
            self.out.push_str(argument.map_or("", String::as_str));
            rest = behind;
        }
        self.out.push_str(rest);
        true
    }

    fn special(&mut self, name: &str) -> bool {
        let written = match name {
            "text" | "mbox" | "hbox" | "textup" | "textmd" | "textnormal" | "textsl" | "textsc"
            | "emph" | "textrm" | "textbf" | "textit" | "textsf" | "texttt" => {
                let known = ["textrm", "textbf", "textit", "textsf", "texttt"];
                let name = if known.contains(&name) { name } else { "text" };
                words(name, self.argument())
            }
            "tag" => {
                let is_bare = self.rest.starts_with('*');
                self.skip_star();
                let tag = plain(self.argument());
                let tag = if is_bare { tag } else { format!("({tag})") };
                format!("\\qquad\\text{{{tag}}}")
            }
            "label" | "vspace" | "color" | "phantom" | "vphantom" | "hphantom" => {
                self.skip_star();
                self.argument();
                String::from(if name.ends_with("phantom") {
                    "\\quad "
                } else {
                    ""
                })
            }
            "ref" | "eqref" | "url" | "pu" => format!("\\text{{{}}}", plain(self.argument())),
            "operatorname" | "operatornamewithlimits" => {
                self.skip_star();
                format!("\\operatorname{{{}}}", plain(self.argument()))
            }
            "mathop" => format!("{{{}}}", rewrite(self.argument())),
            "textcolor" | "colorbox" | "href" | "raisebox" => {
                self.argument();
                format!("{{{}}}", rewrite(self.argument()))
            }
            "cancelto" => {
                let value = rewrite(self.argument());
                format!("\\cancel{{{}}}^{{{value}}}", rewrite(self.argument()))
            }
            "SI" | "qty" => {
                let number = rewrite(self.argument());
                format!("{number}\\,\\mathrm{{{}}}", rewrite(self.argument()))
            }
            "intertext" | "shortintertext" => words("text", self.argument()) + "\\\\",
            "dv" | "pdv" => self.derivative(if name == "dv" { "d" } else { "\\partial " }),
            "ce" => chemistry(self.argument()),
            "left" | "right" => self.delimiter(name),
            "begin" | "end" => self.environment(name),
            _ => return false,
        };
        self.out.push_str(&written);
        true
    }

    fn derivative(&mut self, sign: &str) -> String {
        let first = rewrite(self.argument());
        if self.rest.starts_with('{') {
            let second = rewrite(self.argument());
            return format!("\\frac{{{sign}{first}}}{{{sign}{second}}}");
        }
        format!("\\frac{{{sign}}}{{{sign}{first}}}")
    }

    fn delimiter(&mut self, name: &str) -> String {
        let rest = self.rest.trim_start();
        let sign = match rest.chars().next() {
            Some('<') => "\\langle",
            Some('>') => "\\rangle",
            _ => return format!("\\{name}"),
        };
        self.rest = &rest[1..];
        format!("\\{name}{sign} ")
    }

    /// The display is there already, and numbers of formulas are not shown.
    fn environment(&mut self, command: &str) -> String {
        let name = self.argument();
        let name = match name {
            "equation" | "equation*" | "math" | "displaymath" | "subequations" | "dmath"
            | "dmath*" => {
                return String::new();
            }
            "align" | "flalign" | "flalign*" | "eqnarray" | "eqnarray*" => "align*",
            "gather" => "gather*",
            "multline*" => "multline",
            "alignat" | "xalignat" | "xalignat*" => "alignat*",
            "tabular" => "array",
            "cases*" => "cases",
            "dcases*" => "dcases",
            "multlined" => "gathered",
            name => name,
        };
        if command == "begin" && !name.ends_with('*') {
            // Where it stands beside its line.
            let placed = ["[t]", "[b]", "[c]"];
            let behind = placed.iter().find_map(|it| self.rest.strip_prefix(it));
            self.rest = behind.unwrap_or(self.rest);
        }
        format!("\\{command}{{{name}}}")
    }
}

/// Bytes of a command's name at the start of a text.
pub(super) fn command_bytes(text: &str) -> usize {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let first = text.chars().next().map_or(0, char::len_utf8);
    letters.max(first)
}

/// Words in a formula; formulas in the words are formulas again.
fn words(command: &str, text: &str) -> String {
    let mut written = String::new();
    for (number, part) in text.split('$').enumerate() {
        if part.is_empty() {
            continue;
        }
        if number % 2 == 1 && !part.ends_with('\\') {
            written.push_str(&rewrite(part));
        } else {
            let _ = write!(written, "\\{command}{{{}}}", plain(part));
        }
    }
    format!("{{{written}}}")
}

/// Text without commands and groups.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let name = &rest[..command_bytes(rest)];
                rest = &rest[name.len()..];
                match name {
                    "," | ";" | ":" | " " | "!" | "quad" => plain.push(' '),
                    "%" | "$" | "&" | "#" | "_" => plain.push_str(name),
                    "textdegree" | "degree" => plain.push('°'),
                    "ldots" | "dots" => plain.push('…'),
                    _ => {}
                }
            }
            '{' | '}' => {}
            '~' => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}
