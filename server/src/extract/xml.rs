//! XML, one sign after the other. Entities that a document defines itself are never looked at, so
//! they cannot grow; elements stand as deep in each other as a document needs and no deeper.

use std::ops::ControlFlow;

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use super::ExtractError;

/// Tables within tables within text boxes come to less than a hundred.
const MAX_DEPTH: usize = 512;

/// What comes next. Names are without their prefix.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Start(&'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Shows the nodes of a document, until it ends or `see` has seen enough.
///
/// # Errors
/// If it is no XML, or nested too deep.
pub(super) fn walk(
    xml: &str,
    mut see: impl FnMut(Node<'_>) -> ControlFlow<()>,
) -> Result<(), ExtractError> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event();
        let event = event.map_err(|error| ExtractError::Damaged(error.to_string()))?;
        let flow = match &event {
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ExtractError::Damaged(format!(
                        "elements stand more than {MAX_DEPTH} deep in each other"
                    )));
                }
                see(Node::Start(start))
            }
            Event::Empty(start) => match see(Node::Start(start)) {
                ControlFlow::Continue(()) => see(Node::End(start.local_name().into_inner())),
                enough @ ControlFlow::Break(()) => enough,
            },
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                see(Node::End(end.local_name().into_inner()))
            }
            Event::Text(text) => see(Node::Text(text)),
            Event::CData(text) => see(Node::Text(text)),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => see(Node::Text(letter.encode_utf8(&mut [0; 4]))),
                Ok(None) => see(Node::Text(
                    resolve_predefined_entity(reference).unwrap_or_default(),
                )),
                Err(_) => ControlFlow::Continue(()),
            },
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                ControlFlow::Continue(())
            }
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// The value of an attribute, by its name without prefix.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    attributes.with_checks(false);
    let mut found = attributes.filter_map(Result::ok);
    let found = found.find(|it| it.key.local_name().into_inner() == name)?;
    Some(found.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(xml: &str) -> Result<String, ExtractError> {
        let mut text = String::new();
        walk(xml, |node| {
            if let Node::Text(part) = node {
                text.push_str(part);
            }
            ControlFlow::Continue(())
        })?;
        Ok(text)
    }

    #[test]
    fn references_are_read_and_entities_of_its_own_are_not() {
        let xml = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'>]><a>1 &lt; 2 &#x4e2d; &b;&#0;</a>";
        assert_eq!(text_of(xml).unwrap().trim_end(), "1 < 2 \u{4e2d}");
    }

    #[test]
    fn depth_has_an_end() {
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(text_of(&deep(MAX_DEPTH)).is_ok());
        assert!(matches!(
            text_of(&deep(MAX_DEPTH + 1)),
            Err(ExtractError::Damaged(_))
        ));
        assert!(text_of("<a><b></a>").is_err());
    }

    #[test]
    fn an_attribute_is_found_without_its_prefix() {
        let mut found = None;
        walk("<w:a x='1' w:val=\"two\"/>", |node| {
            if let Node::Start(start) = node {
                found = attribute(start, "val");
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(found.as_deref(), Some("two"));
    }
}
