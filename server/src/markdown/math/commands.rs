//! Tables of commands of LaTeX.

/// Commands without an argument and what they are here; nothing if they are only layout.
pub(super) fn renamed(name: &str) -> Option<&'static str> {
    Some(match name {
        "nonumber" | "notag" | "nolimits" | "displaylimits" | "allowbreak" | "nobreak" | "par"
        | "noindent" | "indent" | "hfil" | "hfill" | "hfilneg" | "vfil" | "vfill" | "smallskip"
        | "medskip" | "bigskip" | "tiny" | "Tiny" | "sixptsize" | "scriptsize" | "footnotesize"
        | "small" | "large" | "Large" | "LARGE" | "huge" | "Huge" | "normalsize" | "normalfont"
        | "mdseries" | "centering" => "",
        "bm" | "pmb" => "\\boldsymbol",
        "mathscr" => "\\mathcal",
        "Bbb" | "mathds" | "mathbbm" => "\\mathbb",
        "frak" => "\\mathfrak",
        "bcancel" | "xcancel" | "sout" => "\\cancel",
        "R" | "N" | "Z" | "Q" => match name {
            "R" => "\\mathbb{R}",
            "N" => "\\mathbb{N}",
            "Z" => "\\mathbb{Z}",
            _ => "\\mathbb{Q}",
        },
        "mod" => "\\quad\\operatorname{mod} ",
        "argmin" => "\\operatorname{arg min} ",
        "argmax" => "\\operatorname{arg max} ",
        "csch" => "\\operatorname{csch} ",
        "sech" => "\\operatorname{sech} ",
        "cosec" => "\\operatorname{cosec} ",
        "arsinh" | "arcsinh" => "\\operatorname{arsinh} ",
        "erf" => "\\operatorname{erf} ",
        "tr" => "\\operatorname{tr} ",
        "Tr" => "\\operatorname{Tr} ",
        "rank" => "\\operatorname{rank} ",
        "diag" => "\\operatorname{diag} ",
        "lcm" => "\\operatorname{lcm} ",
        "plim" => "\\operatorname{plim} ",
        "varliminf" => "\\liminf ",
        "varlimsup" => "\\limsup ",
        "newline" => "\\\\",
        " " | "space" => "\\;",
        "enskip" => "\\enspace ",
        "qed" | "qedsymbol" => "\\blacksquare ",
        "llbracket" => "⟦",
        "rrbracket" => "⟧",
        "textdegree" | "celsius" => "{}^\\circ ",
        "ohm" => "\\Omega ",
        "perthousand" => "\\permil ",
        "dd" => "\\,d",
        _ => return symbol(name).or_else(|| operator(name)),
    })
}

/// Other names of signs, as `KaTeX` has them.
fn symbol(name: &str) -> Option<&'static str> {
    Some(match name {
        "alef" | "alefsym" => "\\aleph ",
        "ang" => "\\angle ",
        "bull" => "\\bullet ",
        "clubs" => "\\clubsuit ",
        "diamonds" => "\\diamondsuit ",
        "hearts" => "\\heartsuit ",
        "spades" => "\\spadesuit ",
        "cnums" | "Complex" => "\\mathbb{C}",
        "natnums" => "\\mathbb{N}",
        "Reals" | "reals" => "\\mathbb{R}",
        "Dagger" => "\\ddagger ",
        "darr" => "\\downarrow ",
        "Darr" | "dArr" => "\\Downarrow ",
        "uarr" => "\\uparrow ",
        "Uarr" | "uArr" => "\\Uparrow ",
        "larr" => "\\leftarrow ",
        "Larr" | "lArr" => "\\Leftarrow ",
        "rarr" => "\\rightarrow ",
        "Rarr" | "rArr" => "\\Rightarrow ",
        "harr" | "lrarr" => "\\leftrightarrow ",
        "Harr" | "hArr" | "Lrarr" | "lrArr" => "\\Leftrightarrow ",
        "lang" => "\\langle ",
        "rang" => "\\rangle ",
        "empty" => "\\emptyset ",
        "exist" => "\\exists ",
        "image" => "\\Im ",
        "real" => "\\Re ",
        "infin" => "\\infty ",
        "or" => "\\lor ",
        "plusmn" => "\\pm ",
        "sdot" => "\\cdot ",
        "sect" => "\\S ",
        "sub" => "\\subset ",
        "sube" => "\\subseteq ",
        "supe" => "\\supseteq ",
        "doublecup" => "\\Cup ",
        "thetasym" => "\\vartheta ",
        "weierp" => "\\wp ",
        "vline" => "|",
        "equalscolon" => "=:",
        "ordinarycolon" => ":",
        "AA" => "\\text{Å}",
        "ss" => "\\text{ß}",
        "TeX" => "\\text{TeX}",
        "LaTeX" => "\\text{LaTeX}",
        "idotsint" => "\\int\\cdots\\int ",
        "grad" => "\\nabla ",
        "divergence" => "\\nabla\\cdot ",
        "curl" => "\\nabla\\times ",
        "laplacian" => "\\nabla^2 ",
        "bold" => "\\mathbf",
        "bfseries" => "\\bf ",
        "scr" => "\\cal ",
        "sl" => "\\it ",
        "sc" | "upshape" => "\\rm ",
        _ => return None,
    })
}

/// Functions that are written upright.
fn operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "tg" => "\\operatorname{tg} ",
        "ctg" | "cotg" => "\\operatorname{ctg} ",
        "arctg" => "\\operatorname{arctg} ",
        "arcctg" => "\\operatorname{arcctg} ",
        "sh" => "\\operatorname{sh} ",
        "ch" => "\\operatorname{ch} ",
        "th" => "\\operatorname{th} ",
        "cth" => "\\operatorname{cth} ",
        "Res" => "\\operatorname{Res} ",
        "trace" => "\\operatorname{tr} ",
        "injlim" => "\\operatorname{inj lim} ",
        "projlim" => "\\operatorname{proj lim} ",
        "varinjlim" => "\\underset{\\rightarrow}{\\operatorname{lim}} ",
        "varprojlim" => "\\underset{\\leftarrow}{\\operatorname{lim}} ",
        _ => return None,
    })
}

/// What stands before and behind the argument of a command.
pub(super) fn around(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "boxed" | "fbox" => ("{\\text{\u{fdd2}}", "\\text{\u{fdd3}}}"),
        "abs" => ("\\left|", "\\right|"),
        "norm" => ("\\left\\|", "\\right\\|"),
        "ceil" => ("\\left\\lceil ", "\\right\\rceil "),
        "floor" => ("\\left\\lfloor ", "\\right\\rfloor "),
        "bra" | "Bra" => ("\\langle ", "|"),
        "ket" | "Ket" => ("|", "\\rangle "),
        "braket" | "ev" | "expval" => ("\\langle ", "\\rangle "),
        "Braket" => ("\\left\\langle ", "\\right\\rangle "),
        "set" => ("\\{\\,", "\\,\\}"),
        "Set" => ("\\left\\{\\,", "\\,\\right\\}"),
        "pqty" => ("\\left(", "\\right)"),
        "bqty" => ("\\left[", "\\right]"),
        "order" => ("\\mathcal{O}\\left(", "\\right)"),
        "vb" => ("\\mathbf{", "}"),
        "va" => ("\\vec{\\mathbf{", "}}"),
        "vu" => ("\\hat{\\mathbf{", "}}"),
        "pod" => ("\\quad(", ")"),
        "phase" => ("\\angle{", "}"),
        "utilde" => ("\\underset{\\sim}{", "}"),
        "angl" | "overlinesegment" => ("\\overline{", "}"),
        "underlinesegment" => ("\\underline{", "}"),
        // Rows and columns of plain TeX.
        "displaylines" => ("\\begin{gathered}", "\\end{gathered}"),
        "eqalign" | "eqalignno" | "leqalignno" => ("\\begin{aligned}", "\\end{aligned}"),
        "matrix" => ("\\begin{matrix}", "\\end{matrix}"),
        "pmatrix" => ("\\begin{pmatrix}", "\\end{pmatrix}"),
        "bmatrix" => ("\\begin{bmatrix}", "\\end{bmatrix}"),
        "cases" => ("\\begin{cases}", "\\end{cases}"),
        "ensuremath" | "smash" | "rlap" | "llap" | "mathrlap" | "mathllap" | "mathclap"
        | "vcenter" | "num" | "shoveleft" | "shoveright" | "lefteqn" => ("{", "}"),
        "si" | "unit" => ("\\mathrm{", "}"),
        "dddot" => ("\\overset{\\ldots}{", "}"),
        "textsuperscript" => ("^{", "}"),
        "textsubscript" => ("_{", "}"),
        "xleftrightarrow" => ("\\overset{", "}{\\longleftrightarrow}"),
        "xRightarrow" => ("\\overset{", "}{\\Longrightarrow}"),
        "xLeftarrow" => ("\\overset{", "}{\\Longleftarrow}"),
        "xmapsto" => ("\\overset{", "}{\\longmapsto}"),
        "xhookrightarrow" => ("\\overset{", "}{\\hookrightarrow}"),
        "xLeftrightarrow" => ("\\overset{", "}{\\Longleftrightarrow}"),
        "xhookleftarrow" => ("\\overset{", "}{\\hookleftarrow}"),
        "xleftharpoonup" => ("\\overset{", "}{\\leftharpoonup}"),
        "xleftharpoondown" => ("\\overset{", "}{\\leftharpoondown}"),
        "xrightharpoonup" => ("\\overset{", "}{\\rightharpoonup}"),
        "xrightharpoondown" => ("\\overset{", "}{\\rightharpoondown}"),
        "xleftrightharpoons" => ("\\overset{", "}{\\leftrightharpoons}"),
        "xrightleftharpoons" => ("\\overset{", "}{\\rightleftharpoons}"),
        "xtwoheadleftarrow" => ("\\overset{", "}{\\twoheadleftarrow}"),
        "xtwoheadrightarrow" => ("\\overset{", "}{\\twoheadrightarrow}"),
        "xtofrom" => ("\\overset{", "}{\\rightleftarrows}"),
        "xlongequal" => ("\\overset{", "}{=}"),
        _ => return None,
    })
}

/// How many arguments a command has, and what it is here with them in the places of their
/// numbers. None stands there twice: nested commands would double each time.
pub(super) fn template(name: &str) -> Option<(usize, &'static str)> {
    Some(match name {
        "nicefrac" | "sfrac" | "flatfrac" => (2, "{#1}/{#2}"),
        "overunderset" => (3, "\\overset{#1}{\\underset{#2}{#3}}"),
        "prescript" => (3, "{}^{#1}_{#2}{#3}"),
        "ketbra" | "dyad" | "outerproduct" => (2, "|#1\\rangle\\langle #2|"),
        "innerproduct" => (2, "\\langle #1|#2\\rangle "),
        "mel" => (3, "\\langle #1|#2|#3\\rangle "),
        "comm" => (2, "[#1,#2]"),
        "acomm" => (2, "\\{#1,#2\\}"),
        "mathchoice" => (4, "{#1}"),
        "skew" | "multicolumn" | "multirow" => (3, "{#3}"),
        "bbox" | "mathtip" | "texttip" => (1, "{#1}"),
        "enclose" | "style" | "htmlClass" | "htmlId" | "htmlStyle" | "htmlData" | "cssId"
        | "class" => (2, "{#2}"),
        "rule" => (2, ""),
        "cline" | "leftroot" | "uproot" | "mspace" | "require" | "pagecolor" | "cellcolor"
        | "includegraphics" => (1, ""),
        _ => return None,
    })
}

/// Commands between what stands before and behind them in a group: what is put before the first,
/// between both and behind the second.
pub(super) const INFIX: &[(&str, [&str; 3])] = &[
    ("\\over", ["\\frac{", "}{", "}"]),
    ("\\choose", ["\\binom{", "}{", "}"]),
    ("\\atop", ["\\substack{", "\\\\", "}"]),
    ("\\brace", ["\\left\\{\\substack{", "\\\\", "}\\right\\}"]),
    ("\\brack", ["\\left[\\substack{", "\\\\", "}\\right]"]),
];
