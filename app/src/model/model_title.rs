//! What people call a model.

/// A file says it better than what stands inside. `file`: its name, empty if there is none;
/// `inner`: the name that stands in it.
#[must_use]
pub fn model_title(file: &str, inner: &str) -> String {
    let Some(stem) = gguf_stem(file) else {
        let is_named = !file.is_empty();
        return if is_named { file } else { inner }.to_owned();
    };
    let mut title: Vec<&str> = Vec::new();
    for word in without_part(stem).split(['-', '_', ' ']) {
        // A version has dots too: `Qwen2.5`.
        let (before, last) = word.rsplit_once('.').unwrap_or(("", word));
        let is_format = is_number_format(last);
        let shown = if is_format || is_making(last) {
            before
        } else {
            word
        };
        if !shown.is_empty() {
            title.push(shown);
        }
        if is_format {
            break;
        }
    }
    match title.as_slice() {
        [] => inner.to_owned(),
        words => words.join(" "),
    }
}

fn gguf_stem(file: &str) -> Option<&str> {
    let (stem, kind) = file.rsplit_once('.')?;
    kind.eq_ignore_ascii_case("gguf").then_some(stem)
}

/// Without which file of several it is, such as `-00001-of-00002`.
fn without_part(stem: &str) -> &str {
    let is_number = |it: &str| it.len() == 5 && it.bytes().all(|byte| byte.is_ascii_digit());
    let parts = stem.rsplit_once("-of-");
    parts
        .and_then(|(before, of)| Some((before.rsplit_once('-')?, of)))
        .filter(|((_, part), of)| is_number(part) && is_number(of))
        .map_or(stem, |((name, _), _)| name)
}

/// How the weights were chosen: with an importance matrix, or each layer by itself.
fn is_making(word: &str) -> bool {
    matches!(word, "i1" | "UD")
}

/// Such as `Q4`, `IQ3`, `F16`, `BF16`, `MXFP4`: how the weights are written, and no part of a name.
fn is_number_format(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    ["MXFP", "BF", "FP", "IQ", "TQ", "Q", "F"]
        .iter()
        .any(|start| {
            let digits = word.strip_prefix(start);
            digits.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_people_call_the_model() {
        for (file, inner, expected) in [
            (
                "SmolLM2-135M-Instruct-Q4_1.gguf",
                "Smollm2 135M 8k",
                "SmolLM2 135M Instruct",
            ),
            ("gpt-oss-20b", "Model", "gpt-oss-20b"),
            ("Qwen3-8B-IQ3_M.gguf", "", "Qwen3 8B"),
            ("llama-bf16.gguf", "", "llama"),
            ("Q4_K_M.gguf", "A model", "A model"),
            ("flan_t5.gguf", "", "flan t5"),
            (
                "Meta-Llama-3-8B-Instruct.Q4_K_M.gguf",
                "",
                "Meta Llama 3 8B Instruct",
            ),
            ("phi-2.Q4_K_M.gguf", "", "phi 2"),
            ("X.i1-Q4_K_M.gguf", "", "X"),
            ("X.i1-IQ4_XS.gguf", "", "X"),
            ("X-Q4_K_S.GGUF", "", "X"),
            ("X.Q8_0.gguf", "", "X"),
            ("X.F16.Gguf", "", "X"),
            ("X-BF16-00001-of-00002.gguf", "", "X"),
            ("X-00001-of-00002.gguf", "", "X"),
            ("X-1-of-2.gguf", "", "X 1 of 2"),
            ("Qwen3-30B-A3B-UD-Q4_K_XL.gguf", "", "Qwen3 30B A3B"),
            ("gpt-oss-20b-MXFP4.gguf", "", "gpt oss 20b"),
            (
                "mistral-7b-instruct-v0.2.Q5_K_M.gguf",
                "",
                "mistral 7b instruct v0.2",
            ),
            ("Qwen2.5-7B-Instruct.gguf", "", "Qwen2.5 7B Instruct"),
            ("Llama-3.1-8B.fp16.gguf", "", "Llama 3.1 8B"),
            ("Llama-3.1.gguf", "", "Llama 3.1"),
            (".Q4_K_M.gguf", "A model", "A model"),
            ("UD-Q4_K_XL.gguf", "A model", "A model"),
            ("a.b", "", "a.b"),
            ("", "scripted", "scripted"),
        ] {
            assert_eq!(model_title(file, inner), expected);
        }
    }
}
