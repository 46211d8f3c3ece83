//! What a browser calls itself, in two words that its owner knows again.

use hearth_app::model::Browser;

/// Marks of browsers. Each one names itself after those it is compatible with, so the most
/// particular mark comes first.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("MicroMessenger", "WeChat"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Marks of systems, the most particular first: Android is a Linux too.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Browser and system named in a `User-Agent` header.
pub(super) fn browser(user_agent: &str) -> Browser {
    let find = |marks: &[(&str, &str)]| {
        let found = marks.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| (*name).to_owned())
    };
    Browser {
        name: find(&BROWSERS),
        system: find(&SYSTEMS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_by_its_own_name() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
            Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (text, name, system) in [
            (edge, "Edge", "Windows"),
            (safari, "Safari", "iPhone"),
            (firefox, "Firefox", "Linux"),
        ] {
            let found = browser(text);
            assert_eq!(found.name.as_deref(), Some(name));
            assert_eq!(found.system.as_deref(), Some(system));
        }
        let unknown = Browser {
            name: None,
            system: None,
        };
        assert_eq!(browser("curl/8.0"), unknown);
        assert_eq!(browser(""), unknown);
    }
}
