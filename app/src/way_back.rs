//! Where somebody goes on after the door: `next` in its address.
//!
//! Anybody can write an address, so what it names is followed only within the product: a path of
//! it, which no browser reads as a host or as a place above the product.

/// Longest path that is followed.
const MAX_BYTES: usize = 1000;
/// Pages that lead in: nobody is led back to one.
const DOORS: [&str; 5] = ["/sign-in", "/sign-up", "/join", "/set-up", "/setup"];
/// What the door's address says to somebody whose session has ended.
pub const ENDED: &str = "ended";

/// Whether a text is a path of the product: one slash at the beginning, nothing that leads up or
/// to a host, no letter that browsers drop or read as another one.
pub fn is_own_path(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let leads_up = ["//", "/.", "%2e"]
        .iter()
        .any(|it| path.to_ascii_lowercase().contains(it));
    path.starts_with('/') && !leads_up && text.len() <= MAX_BYTES && text.bytes().all(is_plain)
}

/// Where to go on after the door: the page that a text names, or the start page.
pub fn next_page(text: &str) -> &str {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let is_page = !DOORS.contains(&path) && !path.starts_with("/api/");
    if is_own_path(text) && is_page {
        text
    } else {
        "/"
    }
}

/// A door that leads on to a page afterwards.
pub fn door_to(door: &str, next: &str) -> String {
    match next_page(next) {
        "/" => door.to_owned(),
        next => format!("{door}?next={}", encode(next)),
    }
}

/// The door for somebody who was at a page. `has_ended`: they were signed in there.
pub fn sign_in_again(next: &str, has_ended: bool) -> String {
    let address = door_to("/sign-in", next);
    if !has_ended {
        return address;
    }
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}reason={ENDED}")
}

/// As a value of a query.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |it: u8| char::from(b"0123456789ABCDEF"[usize::from(it)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_product_is_gone_on_to() {
        for page in [
            "/",
            "/c/0192f0c1",
            "/settings?saved=theme",
            "/admin/log?before=a#b",
            "/x.y",
        ] {
            assert_eq!(next_page(page), page);
        }
    }

    #[test]
    fn nothing_leads_out_of_the_product() {
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        for text in [
            "",
            "settings",
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a//evil.example",
            "/../other",
            "/./x",
            "/%2e%2e/other",
            "/%2E./other",
            "javascript:alert(1)",
            " /settings",
            "/settings\r\nSet-Cookie: a=b",
            "/\u{4e2d}",
            "/api/sign_out",
            "/sign-in",
            "/sign-in?next=/sign-in",
            "/join",
            long.as_str(),
        ] {
            assert_eq!(next_page(text), "/", "{text:?}");
        }
    }

    #[test]
    fn the_door_says_where_it_leads_and_why_one_stands_there() {
        assert_eq!(sign_in_again("/", false), "/sign-in");
        assert_eq!(sign_in_again("//evil", true), "/sign-in?reason=ended");
        let door = sign_in_again("/admin/log?before=a&b", true);
        assert_eq!(
            door,
            "/sign-in?next=/admin/log%3Fbefore%3Da%26b&reason=ended"
        );
    }
}
