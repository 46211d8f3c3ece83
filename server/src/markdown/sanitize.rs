//! The last gate: an allow-list made for our own output.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};

const TEXT_TAGS: &[&str] = &[
    "a",
    "blockquote",
    "br",
    "button",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

const MATH_TAGS: &[&str] = &[
    "math",
    "menclose",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];

const MATH_ATTRIBUTES: &[&str] = &[
    "accent",
    "accentunder",
    "columnspan",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rowspan",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "voffset",
    "width",
];

const CLASSES: &[(&str, &[&str])] = &[
    ("button", &["code-copy"]),
    ("code", &["math-source"]),
    ("div", &["code-block", "code-continued", "code-header"]),
    (
        "span",
        &[
            "code-language",
            "hl-a",
            "hl-c",
            "hl-d",
            "hl-f",
            "hl-i",
            "hl-k",
            "hl-m",
            "hl-n",
            "hl-s",
            "hl-t",
        ],
    ),
    (
        "mtable",
        &[
            "menv-align",
            "menv-alignlike",
            "menv-arraylike",
            "menv-cases",
            "menv-cells-left",
            "menv-multline",
        ],
    ),
];

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href", "title"])),
        ("button", HashSet::from(["data-copy"])),
        ("input", HashSet::from(["checked", "disabled"])),
        ("ol", HashSet::from(["start"])),
        ("pre", HashSet::from(["tabindex"])),
        ("td", HashSet::from(["align"])),
        ("th", HashSet::from(["align"])),
    ]);
    for tag in MATH_TAGS {
        attributes.insert(tag, MATH_ATTRIBUTES.iter().copied().collect());
    }
    let one = |attribute, value| HashMap::from([(attribute, HashSet::from([value]))]);
    let classes = CLASSES
        .iter()
        .map(|&(tag, classes)| (tag, classes.iter().copied().collect()));
    let mut builder = Builder::empty();
    builder
        .tags(TEXT_TAGS.iter().chain(MATH_TAGS).copied().collect())
        .tag_attributes(attributes)
        .tag_attribute_values(HashMap::from([
            ("button", one("type", "button")),
            ("input", one("type", "checkbox")),
        ]))
        .allowed_classes(classes.collect())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank");
    builder
});

/// The HTML with everything removed that is not on the list.
pub(super) fn sanitize(html: &str) -> String {
    BUILDER.clean(html).to_string()
}
