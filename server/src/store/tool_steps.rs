//! Columns `tool_steps`: what tools did for an answer, one JSON object a line. Lines of a message
//! and of its chunks can be put together as they are.

use hearth_app::model::ToolStep;

use super::StoreError;

pub(super) fn to_lines(steps: &[ToolStep]) -> String {
    let lines = steps
        .iter()
        .map(|step| serde_json::to_string(step).expect("invariant: a step is plain data") + "\n");
    lines.collect()
}

pub(super) fn from_lines(lines: &str) -> Result<Vec<ToolStep>, StoreError> {
    let steps = lines.lines().map(serde_json::from_str);
    let steps: Result<_, _> = steps.collect();
    steps.map_err(|_| StoreError::Corrupt {
        column: "tool_steps",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_back_whatever_they_say() {
        let step = |output: &str| ToolStep {
            tool: "calculator".to_owned(),
            input: "1\n+\u{2028}1".to_owned(),
            output: output.to_owned(),
            has_failed: false,
            reasoning_bytes: Some(3),
        };
        let steps = [step("2"), step("\"二\"\r\n")];
        let lines = to_lines(&steps[..1]) + &to_lines(&steps[1..]);
        assert_eq!(from_lines(&lines).unwrap(), steps);
        assert_eq!(from_lines("").unwrap(), []);
        assert!(from_lines("{}").is_err());
    }
}
