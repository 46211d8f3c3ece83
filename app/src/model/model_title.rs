//! What people call a model.

/// A file says it better than what stands inside. `file`: its name, empty if there is none;
/// `inner`: the name that stands in it.
#[must_use]
pub fn model_title(file: &str, inner: &str) -> String {
    let Some(stem) = file.strip_suffix(".gguf") else {
        let is_named = !file.is_empty();
        return if is_named { file } else { inner }.to_owned();
    };
    let words = stem.split(['-', '_', ' ']).filter(|it| !it.is_empty());
    let mut title: Vec<&str> = Vec::new();
    for word in words {
        let is_format = word.len() > 1 && is_number_format(word);
        if is_format {
            break;
        }
        title.push(word);
    }
    match title.as_slice() {
        [] => inner.to_owned(),
        words => words.join(" "),
    }
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
            ("", "scripted", "scripted"),
        ] {
            assert_eq!(model_title(file, inner), expected);
        }
    }
}
