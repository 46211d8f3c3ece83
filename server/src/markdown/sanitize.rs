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
    "details",
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
    "kbd",
    "label",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
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

/// Elements that find their own direction.
const BLOCKS: &[&str] = &[
    "blockquote",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ol",
    "p",
    "summary",
    "ul",
];

const CLASSES: &[(&str, &[&str])] = &[
    ("code", &["math-source"]),
    (
        "div",
        &[
            "alert",
            "code-block",
            "code-continued",
            "code-header",
            "numbered",
            "table-scroll",
            "warning",
            "long-0",
            "long-1",
            "long-2",
            "long-3",
            "long-4",
            "long-5",
            "long-6",
            "long-7",
        ],
    ),
    ("input", &["check", "visually-hidden"]),
    ("label", &["code-more"]),
    ("li", &["task"]),
    ("mrow", &["boxed"]),
    ("p", &["alert-title", "footnote", "plain"]),
    (
        "span",
        &[
            "code-all",
            "code-language",
            "formula",
            "formula-line",
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
            "icon-chevron-down",
            "icon-copy",
            "icon-download",
            "icon-info",
            "icon-warning",
            "icon-wrap",
        ],
    ),
    ("sup", &["footnote-mark", "footnote-number"]),
    (
        "table",
        &[
            "number-1", "number-2", "number-3", "number-4", "number-5", "number-6", "number-7",
            "number-8", "short-1", "short-2", "short-3", "short-4", "short-5", "short-6",
            "short-7", "short-8",
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
            "menv-cells-right",
            "menv-multline",
        ],
    ),
    (
        "mtd",
        &[
            "cell-left",
            "cell-right",
            "menv-left-dashed",
            "menv-left-solid",
            "menv-right-dashed",
            "menv-right-solid",
        ],
    ),
    ("mtr", &["menv-hdashline", "menv-hline"]),
];

/// Drawings that stand in the page once, and are named here.
const ICONS: &[&str] = &[
    "chevron-down",
    "copy",
    "download",
    "info",
    "warning",
    "wrap",
];

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href", "title"])),
        (
            "button",
            HashSet::from([
                "aria-label",
                "data-copy",
                "data-download",
                "data-wrap",
                "title",
            ]),
        ),
        ("div", HashSet::from(["aria-label", "role", "tabindex"])),
        ("input", HashSet::from(["checked", "disabled"])),
        ("ol", HashSet::from(["start"])),
        ("pre", HashSet::from(["data-numbers", "tabindex"])),
        ("span", HashSet::from(["aria-label", "role", "tabindex"])),
        ("td", HashSet::from(["align"])),
        ("th", HashSet::from(["align"])),
    ]);
    for tag in BLOCKS {
        attributes.entry(tag).or_default().insert("dir");
    }
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
    let html = BUILDER.clean(html).to_string();
    if html.contains(r#"<span class="icon-"#) {
        with_icons(html)
    } else {
        html
    }
}

/// Our drawings in the places that were left for them. A text that looks like one is escaped.
fn with_icons(mut html: String) -> String {
    for icon in ICONS {
        let place = format!(r#"<span class="icon-{icon}"></span>"#);
        if html.contains(&place) {
            let size = if *icon == "chevron-down" {
                "mini"
            } else {
                "small"
            };
            let drawing = format!(
                r##"<svg class="icon {size}" aria-hidden="true"><use href="#i-{icon}"></use></svg>"##
            );
            html = html.replace(&place, &drawing);
        }
    }
    html
}
