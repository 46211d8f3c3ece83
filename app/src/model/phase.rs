//! The order of what happened on the way to an answer.

use super::ToolStep;

/// A stretch of thinking, or a call of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase<'a> {
    /// Without the white space around it; never empty.
    Thought(&'a str),
    Step(&'a ToolStep),
}

/// Thoughts and steps in the order in which they happened. A step of which that is not known comes
/// after all thoughts, and one that says a place that cannot be at the nearest one before it.
pub fn phases<'a>(reasoning: &'a str, steps: &'a [ToolStep]) -> Vec<Phase<'a>> {
    let mut phases = Vec::new();
    let mut begin = 0;
    for step in steps {
        let told = step.reasoning_bytes.map(|bytes| bytes as usize);
        let end = reasoning.floor_char_boundary(told.unwrap_or(reasoning.len()));
        let end = end.max(begin);
        push_thought(&mut phases, &reasoning[begin..end]);
        phases.push(Phase::Step(step));
        begin = end;
    }
    push_thought(&mut phases, &reasoning[begin..]);
    phases
}

fn push_thought<'a>(phases: &mut Vec<Phase<'a>>, text: &'a str) {
    let text = text.trim();
    if !text.is_empty() {
        phases.push(Phase::Thought(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(input: &str, reasoning_bytes: Option<u32>) -> ToolStep {
        ToolStep {
            tool: ToolStep::CALCULATOR.to_owned(),
            input: input.to_owned(),
            reasoning_bytes,
            ..ToolStep::default()
        }
    }

    fn told(reasoning: &str, steps: &[ToolStep]) -> Vec<String> {
        let tell = |phase| match phase {
            Phase::Thought(text) => text.to_owned(),
            Phase::Step(step) => format!("<{}>", step.input),
        };
        phases(reasoning, steps).into_iter().map(tell).collect()
    }

    #[test]
    fn thoughts_and_steps_stand_in_their_order() {
        let steps = [step("1", Some(5)), step("2", Some(5)), step("3", Some(12))];
        let found = told("First Second.", &steps);
        assert_eq!(found, ["First", "<1>", "<2>", "Second", "<3>", "."]);
        assert_eq!(told("", &[step("1", Some(0))]), ["<1>"]);
        assert_eq!(told(" \n", &[]), [""; 0]);
    }

    #[test]
    fn what_is_not_known_comes_last_and_nothing_is_told_twice() {
        assert_eq!(told("Thought", &[step("1", None)]), ["Thought", "<1>"]);
        let steps = [step("1", Some(99)), step("2", Some(0))];
        assert_eq!(told("Thought", &steps), ["Thought", "<1>", "<2>"]);
        // Within a letter of three bytes.
        assert_eq!(told("你好", &[step("1", Some(4))]), ["你", "<1>", "好"]);
    }
}
