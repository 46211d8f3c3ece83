//! The text of the developer message: instructions, tools, response formats.

use super::typescript::{comment, parameters};
use crate::harmony::conversation::{DeveloperSettings, FunctionTool, ResponseFormat};

/// Sections in the order of the format, an empty line between them.
pub(super) fn text(developer: &DeveloperSettings) -> String {
    let mut sections = Vec::new();
    if !developer.instructions.is_empty() {
        sections.push(format!("# Instructions\n\n{}", developer.instructions));
    }
    if !developer.tools.is_empty() {
        sections.push(tools(&developer.tools));
    }
    if !developer.response_formats.is_empty() {
        sections.push("# Response Formats".to_owned());
        sections.extend(developer.response_formats.iter().map(response_format));
    }
    sections.join("\n\n")
}

fn tools(tools: &[FunctionTool]) -> String {
    let types: String = tools.iter().map(tool).collect();
    format!("# Tools\n\n## functions\n\nnamespace functions {{\n\n{types}}} // namespace functions")
}

fn tool(tool: &FunctionTool) -> String {
    let comment = comment(&tool.description, "");
    let name = &tool.name;
    let parameters = parameters(&tool.parameters);
    format!("{comment}type {name} = ({parameters}) => any;\n\n")
}

fn response_format(format: &ResponseFormat) -> String {
    let comment = comment(&format.description, "");
    format!("## {}\n\n{comment}{}", format.name, format.schema)
}
