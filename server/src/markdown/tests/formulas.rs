//! Commands of formulas that people and models know from elsewhere.

use super::joined;

#[test]
fn commands_that_others_know_become_signs_and_rows() {
    for latex in [
        r"\displaylines{a = b \\ c = d}",
        r"\displaylines{a \cr b}",
        r"\eqalign{a &= b \\ c &= d}",
        r"\sum_{\substack{i < n \\ j < m}} a",
        r"\begin{multline} \shoveleft{a} \\ \shoveright{b} \end{multline}",
        r"\begin{align} a &= b \\ \intertext{and} c &= d \end{align}",
        r"\begin{aligned}[t] a &= b \end{aligned}",
        r"a \hfill b",
        r"\mathstrut a",
        r"{a \atop b}",
        r"{n \brack k}",
        r"\overline{x} \over y",
        r"\pmatrix{1 & 2 \\ 3 & 4}",
        r"\cases{a & b \\ c & d}",
        r"a \xlongequal[b]{c} d",
        r"\Set{x \mid x > 0}",
        r"\nicefrac{1}{2}",
        r"\overunderset{a}{b}{c}",
        r"\rule{1em}{1em} a",
        r"\Rarr \infin",
        r"\tg x",
    ] {
        let html = joined(&format!("$${latex}$$"));
        assert!(html.contains("<math"), "{latex}: {html}");
        assert!(!html.contains('\\'), "{latex}: {html}");
    }
}

#[test]
fn words_between_rows_are_words() {
    let html = joined(r"$$\begin{align} a &= b \\ \intertext{and so} c &= d \end{align}$$");
    assert!(html.contains("<mtext>and so</mtext>"), "{html}");
    assert_eq!(html.matches("<mtr").count(), 3, "{html}");
}

#[test]
fn a_command_that_nobody_knows_costs_itself_alone() {
    for latex in [
        r"\alpha + \unknown{x}",
        r"\begin{align} a &= \unknown b \\ c &= d \end{align}",
        r"\frac{\unknown a}{b}",
    ] {
        let html = joined(&format!("$${latex}$$"));
        assert!(html.contains(r"<mtext>\unknown</mtext>"), "{latex}: {html}");
        assert!(!html.contains("math-source"), "{latex}: {html}");
    }
}
