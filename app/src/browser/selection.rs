//! Rows of the list that are chosen to be arranged together. The rows themselves say so, as boxes
//! that are ticked: nothing else has to know of it until something is done with them.

use web_sys::Element;

use super::{
    element,
    elements::{all, set},
};

/// The list says that rows are being chosen.
const LIST: &str = "conversations";
const SELECTING: &str = "data-selecting";
const ROWS: &str = "#conversations .conversation-link";
const TICKED: &str = "aria-checked";
/// The row that was pressed last: a range begins there.
const LAST: &str = "data-last";

/// Whether rows are being chosen: a press on one opens nothing.
pub(crate) fn is_selecting() -> bool {
    element(LIST).is_some_and(|list| list.has_attribute(SELECTING))
}

/// From now on rows are chosen; again: also those that came meanwhile.
pub(crate) fn begin_selecting() {
    set(element(LIST).as_deref(), SELECTING, "");
    for row in all(ROWS).iter().filter(|it| !it.has_attribute(TICKED)) {
        tick(row, false);
    }
}

/// Rows are links again. Gives the id of the link that was pressed last.
pub(crate) fn end_selecting() -> Option<String> {
    let last = all(ROWS).into_iter().find(|it| it.has_attribute(LAST));
    for element in element(LIST)
        .map(Element::from)
        .into_iter()
        .chain(all(ROWS))
    {
        for name in [SELECTING, "role", TICKED, LAST] {
            // Fails only for a name that is no attribute's.
            let _ = element.remove_attribute(name);
        }
    }
    last.map(|it| it.id())
}

/// Chooses a row, or not any more; `is_range`: all from the one before to this.
pub(crate) fn select(row: &Element, is_range: bool) {
    let rows = all(ROWS);
    let here = rows.iter().position(|it| it == row);
    let last = rows.iter().position(|it| it.has_attribute(LAST));
    match here.zip(last).filter(|_| is_range) {
        Some((here, last)) => {
            let range = here.min(last)..=here.max(last);
            for row in rows.get(range).into_iter().flatten() {
                tick(row, true);
            }
        }
        None => tick(row, row.get_attribute(TICKED).as_deref() != Some("true")),
    }
    for row in &rows {
        // Fails only for a name that is no attribute's.
        let _ = row.remove_attribute(LAST);
    }
    set(Some(row), LAST, "");
}

/// Ids of the links of the rows that are chosen, in their order.
pub(crate) fn selected() -> Vec<String> {
    let ticked = all(ROWS).into_iter();
    let ticked = ticked.filter(|it| it.get_attribute(TICKED).as_deref() == Some("true"));
    ticked.map(|it| it.id()).collect()
}

fn tick(row: &Element, is_ticked: bool) {
    set(Some(row), "role", "checkbox");
    set(Some(row), TICKED, if is_ticked { "true" } else { "false" });
}
