//! JSON schemas as the TypeScript types with which the model was taught its tools.
//!
//! What the notation cannot say becomes `any`: a schema never fails. The layout, down to the
//! indentation of a closing brace, is that of `src/encoding.rs` in openai/harmony. Where that
//! would be wrong TypeScript (`"a" | "b"[]`) or say nothing (`anyOf`), this says what is meant.

use serde_json::{Map, Value};

/// How much deeper the fields of a nested object stand.
const INDENT: &str = "    ";

/// The parameter list of a function: empty if it takes nothing.
pub(super) fn parameters(schema: &Value) -> String {
    match fields(schema) {
        Some(fields) if !fields.is_empty() => format!("_: {}", type_of(schema, "")),
        _ => String::new(),
    }
}

/// `text` as comment lines; nothing if it is empty.
pub(super) fn comment(text: &str, indent: &str) -> String {
    let mut comment = String::new();
    for line in text.lines() {
        comment.extend([indent, "// ", line, "\n"]);
    }
    comment
}

fn fields(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The type a schema describes, `null` included where it allows it.
fn type_of(schema: &Value, indent: &str) -> String {
    let plain = plain_type(schema, indent);
    let is_nullable = schema.get("nullable").is_some_and(|value| value == true);
    if is_nullable && plain.split(" | ").all(|part| part != "null") {
        plain + " | null"
    } else {
        plain
    }
}

fn plain_type(schema: &Value, indent: &str) -> String {
    if let Some(values) = list(schema, "enum") {
        return joined(values.iter().map(Value::to_string));
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(variants) = variants(schema) {
        return joined(variants.iter().map(|variant| type_of(variant, indent)));
    }
    match schema.get("type") {
        Some(Value::String(name)) => named_type(name, schema, indent),
        Some(Value::Array(names)) if !names.is_empty() => {
            let names = names.iter().filter_map(Value::as_str);
            joined(names.map(|name| named_type(name, schema, indent)))
        }
        _ if fields(schema).is_some() => object(schema, indent),
        _ => "any".to_owned(),
    }
}

fn named_type(name: &str, schema: &Value, indent: &str) -> String {
    match name {
        "object" if fields(schema).is_some() => object(schema, indent),
        "array" => array(schema, indent),
        "integer" => "number".to_owned(),
        "string" | "number" | "boolean" | "null" | "object" => name.to_owned(),
        _ => "any".to_owned(),
    }
}

fn array(schema: &Value, indent: &str) -> String {
    let Some(items) = schema.get("items") else {
        return "any[]".to_owned();
    };
    let item = type_of(items, indent);
    let is_nullable = items.get("nullable").is_some_and(|value| value == true);
    let has_many = |name| list(items, name).is_some_and(|values| values.len() > 1);
    if is_nullable || ["enum", "oneOf", "anyOf", "type"].into_iter().any(has_many) {
        format!("({item})[]")
    } else {
        format!("{item}[]")
    }
}

fn object(schema: &Value, indent: &str) -> String {
    let required = list(schema, "required").unwrap_or_default();
    let fields = fields(schema).into_iter().flatten();
    let lines = fields.map(|(name, field)| {
        let is_required = required.iter().any(|other| other == name.as_str());
        let mark = if is_required { "" } else { "?" };
        let comments = comments(field, indent);
        let kind = field_type(field, indent);
        format!("{comments}{indent}{name}{mark}:{kind}\n")
    });
    format!("{{\n{}{indent}}}", lines.collect::<String>())
}

/// What stands after the colon of a field.
fn field_type(field: &Value, indent: &str) -> String {
    if let Some(variants) = alternatives(field) {
        return union(variants, indent);
    }
    let kind = type_of(field, &format!("{indent}{INDENT}"));
    format!(" {kind},{}", default(field))
}

/// Title, description and examples, above a field. The default of a union has its place here.
fn comments(field: &Value, indent: &str) -> String {
    let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
    let title = match text("title") {
        "" => String::new(),
        title => format!("{}{indent}//\n", comment(title, indent)),
    };
    let description = comment(text("description"), indent);
    let examples = match list(field, "examples") {
        None => String::new(),
        Some(examples) => {
            let lines = examples.iter().map(|example| format!("- {example}\n"));
            comment(&format!("Examples:\n{}", lines.collect::<String>()), indent)
        }
    };
    let default = match alternatives(field) {
        None => String::new(),
        Some(_) => comment(default(field).trim_start_matches([' ', '/']), indent),
    };
    title + &description + &examples + &default
}

/// Variants that get a line each.
fn alternatives(field: &Value) -> Option<&[Value]> {
    list(field, "oneOf").filter(|variants| variants.len() > 1)
}

/// One variant on each line, with what is said about it.
fn union(variants: &[Value], indent: &str) -> String {
    let lines = variants.iter().map(|variant| {
        let kind = type_of(variant, &format!("{indent}   "));
        let about = variant.get("description").and_then(Value::as_str);
        let about = about.map(|line| format!(" // {}", line.replace('\n', " ")));
        let remark = about.unwrap_or_default() + &default(variant);
        format!("{indent} | {kind}{remark}\n")
    });
    format!("\n{}{indent},", lines.collect::<String>())
}

/// The default as a comment at the end of a line: one of an enum without quotes.
fn default(schema: &Value) -> String {
    match schema.get("default") {
        None => String::new(),
        Some(Value::String(name)) if list(schema, "enum").is_some() => {
            format!(" // default: {name}")
        }
        Some(value) => format!(" // default: {value}"),
    }
}

fn variants(schema: &Value) -> Option<&[Value]> {
    list(schema, "oneOf").or_else(|| list(schema, "anyOf"))
}

/// A list that says something.
fn list<'a>(schema: &'a Value, name: &str) -> Option<&'a [Value]> {
    let values = schema.get(name)?.as_array()?;
    (!values.is_empty()).then_some(values)
}

fn joined(types: impl Iterator<Item = String>) -> String {
    types.collect::<Vec<_>>().join(" | ")
}
