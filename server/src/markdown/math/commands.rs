//! Tables of commands of LaTeX.

/// Commands without an argument and what they are here; nothing if they are only layout.
pub(super) fn renamed(name: &str) -> Option<&'static str> {
    Some(match name {
        "nonumber" | "notag" | "nolimits" | "displaylimits" | "allowbreak" | "nobreak" | "par"
        | "noindent" | "hfill" | "tiny" | "small" | "large" | "Large" | "normalsize"
        | "centering" => "",
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
        "braket" => ("\\langle ", "\\rangle "),
        "ensuremath" | "smash" | "rlap" | "llap" | "mathrlap" | "mathllap" | "mathclap"
        | "vcenter" | "num" => ("{", "}"),
        "si" | "unit" => ("\\mathrm{", "}"),
        "dddot" => ("\\overset{\\ldots}{", "}"),
        "textsuperscript" => ("^{", "}"),
        "textsubscript" => ("_{", "}"),
        "xleftrightarrow" => ("\\overset{", "}{\\longleftrightarrow}"),
        "xRightarrow" => ("\\overset{", "}{\\Longrightarrow}"),
        "xLeftarrow" => ("\\overset{", "}{\\Longleftarrow}"),
        "xmapsto" => ("\\overset{", "}{\\longmapsto}"),
        "xhookrightarrow" => ("\\overset{", "}{\\hookrightarrow}"),
        "intertext" | "shortintertext" => ("{", "}\\\\"),
        _ => return None,
    })
}
