//! Tools that a model may call: one, a calculator.

use hearth_app::model::ToolStep;
use hearth_engine::harmony::conversation::{FunctionTool, ToolCall};
use serde_json::{Value, json};

use super::settings::Settings;
use crate::calculator;

/// Calls in one turn; a model that calls on and on is asked to end.
pub(super) const MAX_CALLS: usize = 16;

/// What the model is told it may call.
pub(super) fn offered(settings: &Settings) -> Vec<FunctionTool> {
    let calculator = settings.has_calculator.then(|| FunctionTool {
        name: ToolStep::CALCULATOR.to_owned(),
        description: "Evaluates an arithmetic expression.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "expression": { "type": "string", "description": "The expression." },
            },
            "required": ["expression"],
        }),
    });
    calculator.into_iter().collect()
}

/// Does what the model asks for. A call that cannot be answered says why: the model can correct
/// itself.
pub(super) async fn answer(call: &ToolCall) -> ToolStep {
    let tool = call.name().to_owned();
    let arguments = call.arguments.text.clone();
    if tool != ToolStep::CALCULATOR {
        let output = format!("There is no tool named {tool}.");
        return failed(tool, arguments, output);
    }
    let Some(expression) = expression(&arguments) else {
        let output = "The arguments must be {\"expression\": \"…\"}.".to_owned();
        return failed(tool, arguments, output);
    };
    let evaluated = tokio::task::spawn_blocking({
        let expression = expression.clone();
        move || calculator::evaluate(&expression)
    });
    match evaluated.await {
        Ok(Ok(output)) => ToolStep {
            tool,
            input: expression,
            output,
            has_failed: false,
            reasoning_bytes: None,
        },
        Ok(Err(error)) => failed(tool, expression, error.to_string()),
        Err(error) => failed(tool, expression, error.to_string()),
    }
}

fn failed(tool: String, input: String, output: String) -> ToolStep {
    ToolStep {
        tool,
        input,
        output,
        has_failed: true,
        reasoning_bytes: None,
    }
}

/// The expression, of whatever JSON the model has written around it.
fn expression(arguments: &str) -> Option<String> {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(object)) => match object.get("expression")? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        },
        Ok(Value::String(text)) => Some(text),
        // Not JSON: the expression itself.
        Err(_) if !arguments.contains(['{', '}', '"']) => Some(arguments.to_owned()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(recipient: &str, arguments: &str, expected: Result<&str, &str>) {
        let call = ToolCall {
            recipient: recipient.to_owned(),
            arguments: arguments.into(),
        };
        let step = answer(&call).await;
        let found = if step.has_failed {
            Err(step.output.as_str())
        } else {
            Ok(step.output.as_str())
        };
        match (found, expected) {
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => assert_eq!(found, expected, "{arguments}"),
        }
    }

    #[tokio::test]
    async fn a_calculator_answers_whatever_json_the_model_writes() {
        let calculator = "functions.calculator";
        check(calculator, r#"{"expression": "123*45"}"#, Ok("5535")).await;
        check(calculator, r#"{"expression": 7, "x": 1}"#, Ok("7")).await;
        check(calculator, r#""1+1""#, Ok("2")).await;
        check("calculator", "1 + 2", Ok("3")).await;
        check(calculator, r#"{"expression": "1/0"}"#, Err("zero")).await;
        check(calculator, r#"{"expr": "1"}"#, Err("expression")).await;
        check(calculator, r#"{"expression": "1"#, Err("expression")).await;
        check(calculator, "", Err("empty")).await;
        check("functions.python", "print(1)", Err("no tool named python")).await;
    }
}
