//! Exact arithmetic for models, which miscalculate. Nothing is executed: an expression has numbers,
//! operators and functions, no variables and no definitions.
//!
//! The expressions come from a model that anybody may talk into anything. The library evaluates
//! under a deadline, but its parser does not look at it, takes exponentially long for nested sums
//! and recurses; so length and depth are limited before it sees them.

use std::time::{Duration, Instant};

/// Longest expression, in bytes.
const MAX_BYTES: usize = 256;
/// Deepest nesting of brackets. A sum nested 12 deep takes milliseconds, 16 deep
/// seconds, and each level doubles it.
const MAX_DEPTH: usize = 12;
/// Longest result, in characters; what is longer helps no model.
const MAX_RESULT_CHARS: usize = 500;
const DEADLINE: Duration = Duration::from_millis(500);
/// Expressions of the greatest length and depth need less than a quarter of it.
const STACK_BYTES: usize = 16 * 1024 * 1024;
/// Beside letters, digits and spaces.
const SIGNS: &str = "+-*/^%().,!²³×÷−·°";

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalculatorError {
    #[error("the expression is empty")]
    Empty,
    #[error("the expression has {bytes} bytes, at most {MAX_BYTES} are accepted")]
    TooLong { bytes: usize },
    #[error("the expression is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("{0:?} is no part of an arithmetic expression")]
    NotArithmetic(String),
    #[error("the result has {chars} characters, more than {MAX_RESULT_CHARS}")]
    ResultTooLong { chars: usize },
    #[error("the expression takes too long")]
    TooSlow,
    #[error("{0}")]
    Refused(String),
}

struct Deadline(Instant);

impl fend_core::Interrupt for Deadline {
    fn should_interrupt(&self) -> bool {
        Instant::now() > self.0
    }
}

/// The value of an expression, exact where it has a decimal representation, else `approx. …`.
/// Takes at most about half a second.
///
/// # Errors
/// Says what is wrong with the expression.
pub fn evaluate(expression: &str) -> Result<String, CalculatorError> {
    let expression = plain(expression);
    check(&expression)?;
    let calculation = std::thread::Builder::new()
        .name("hearth-calculator".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || calculate(&expression));
    let calculation = calculation.map_err(|error| CalculatorError::Refused(error.to_string()))?;
    let result = calculation.join();
    let result = result.unwrap_or_else(|_| {
        let reason = "the calculator cannot read that".to_owned();
        Err(CalculatorError::Refused(reason))
    })?;
    match result.chars().count() {
        chars if chars > MAX_RESULT_CHARS => Err(CalculatorError::ResultTooLong { chars }),
        _ => Ok(result),
    }
}

fn calculate(expression: &str) -> Result<String, CalculatorError> {
    let mut context = fend_core::Context::new();
    context.disable_rng();
    let deadline = Deadline(Instant::now() + DEADLINE);
    let result = fend_core::evaluate_with_interrupt(expression, &mut context, &deadline);
    match result {
        Ok(result) => Ok(result.get_main_result().to_owned()),
        Err(reason) if reason == "interrupted" => Err(CalculatorError::TooSlow),
        Err(reason) => Err(CalculatorError::Refused(reason)),
    }
}

/// Signs as people write them become those of the library.
fn plain(expression: &str) -> String {
    let expression = expression.trim().trim_end_matches(['=', '＝', ' ']);
    let mut plain = String::with_capacity(expression.len());
    for sign in expression.chars() {
        match sign {
            '（' | '[' => plain.push('('),
            '）' | ']' => plain.push(')'),
            '＋' => plain.push('+'),
            '－' | '–' => plain.push('-'),
            '·' | '⋅' | '＊' => plain.push('*'),
            '／' => plain.push('/'),
            '√' => plain.push_str("sqrt "),
            'π' => plain.push_str("pi"),
            '\u{a0}' | '\u{2009}' | '\u{202f}' | '\n' | '\t' => plain.push(' '),
            sign => plain.push(sign),
        }
    }
    plain
}

fn check(expression: &str) -> Result<(), CalculatorError> {
    if expression.is_empty() {
        return Err(CalculatorError::Empty);
    }
    if expression.len() > MAX_BYTES {
        let bytes = expression.len();
        return Err(CalculatorError::TooLong { bytes });
    }
    let is_allowed =
        |sign: char| sign.is_ascii_alphanumeric() || sign == ' ' || SIGNS.contains(sign);
    if let Some(sign) = expression.chars().find(|&sign| !is_allowed(sign)) {
        return Err(CalculatorError::NotArithmetic(sign.to_string()));
    }
    // The library reads an integer division as a product.
    if expression.contains("//") {
        return Err(CalculatorError::NotArithmetic("//".to_owned()));
    }
    let mut depth = 0_usize;
    for sign in expression.chars() {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(CalculatorError::TooDeep);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: &str) {
        assert_eq!(
            evaluate(expression).as_deref(),
            Ok(expected),
            "{expression}"
        );
    }

    #[test]
    fn arithmetic_is_exact() {
        check("123*45", "5535");
        check("0.1 + 0.2", "0.3");
        check(
            "12345678901234567890 * 98765432109876543210",
            "1219326311370217952237463801111263526900",
        );
        check(
            "2^200",
            "1606938044258990275541962092341162602522202993782792835301376",
        );
        check("1.1^3", "1.331");
        check("1/3*3", "1");
        check("1/3", "approx. 0.3333333333");
        check("7 mod 3", "1");
        check("10!", "3628800");
        check("15% of 80", "12");
        check("1,234 + 1", "1235");
    }

    #[test]
    fn signs_may_be_those_of_a_book_or_of_a_chinese_keyboard() {
        check("（1＋2）×3", "9");
        check("8 ÷ 4 =", "2");
        check("√9 · 2", "6");
        check("27－15＝", "12");
        check("[1 + 2] * 3²", "27");
    }

    #[test]
    fn what_is_no_arithmetic_is_refused_by_name() {
        let refused = |expression: &str| evaluate(expression).unwrap_err().to_string();
        assert!(refused("1/0").contains("zero"));
        assert!(refused("10 // 3").contains("//"));
        assert!(refused("x: x x").contains(':'));
        assert!(refused("a = 5; a").contains('='));
        assert!(refused("\\x.x").contains('\\'));
        assert!(refused("import_os").contains('_'));
        assert!(refused("nothing + 1").contains("nothing"));
        assert!(refused("roll d6").contains("random"));
        assert_eq!(evaluate("  ="), Err(CalculatorError::Empty));
        assert_eq!(
            evaluate(&"1+".repeat(200)),
            Err(CalculatorError::TooLong { bytes: 400 })
        );
    }

    #[test]
    fn no_expression_takes_the_server_down() {
        let nested = |depth: usize| "(1+".repeat(depth) + "1" + &")".repeat(depth);
        check(&nested(MAX_DEPTH), "13");
        assert_eq!(
            evaluate(&nested(MAX_DEPTH + 1)),
            Err(CalculatorError::TooDeep)
        );
        assert_eq!(evaluate("999999999!"), Err(CalculatorError::TooSlow));
        assert!(evaluate("9^9^9").is_err());
        for part in ["-", "2^", "sin ", "abs(", "1e9!", "1/", "not "] {
            let expression = part.repeat(MAX_BYTES / part.len() - 1) + "1";
            let _ = evaluate(&expression);
        }
        assert!(matches!(
            evaluate("2^5000"),
            Err(CalculatorError::ResultTooLong { chars: 1506 })
        ));
    }
}
