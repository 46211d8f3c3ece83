//! Line drawings, 24 units wide, in the colour of the text. Names are given by the button around.

use leptos::prelude::*;

/// Which drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconName {
    Plus,
    Menu,
    Close,
    More,
    Send,
    Stop,
    Down,
    Copy,
    Again,
    Forward,
    Left,
    Right,
    /// Of the whole product.
    Gear,
    /// Of one conversation.
    Sliders,
    Info,
    Administration,
    Export,
    Bin,
}

impl IconName {
    const fn path(self) -> &'static str {
        match self {
            Self::Plus => "M12 5v14M5 12h14",
            Self::Menu => "M4 7h16M4 12h16M4 17h10",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::More => "M5 12h.01M12 12h.01M19 12h.01",
            Self::Send => "M12 19V5M6 11l6-6 6 6",
            Self::Stop => "M8 8h8v8H8z",
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Again => "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
            Self::Forward => "M5 5l7 7-7 7M13 5l7 7-7 7",
            Self::Left => "M15 6l-6 6 6 6",
            Self::Right => "M9 6l6 6-6 6",
            Self::Administration => "M12 3l7 3v5c0 5-3 8-7 10c-4-2-7-5-7-10V6zM9 12l2 2l4-4",
            Self::Info => "M12 11v6M12 7h.01M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0",
            Self::Gear => {
                "M9.5 12a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0M6 12a6 6 0 1 0 12 0a6 6 0 1 0-12 0\
                M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2\
                M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2"
            }
            Self::Sliders => {
                "M4 7h9M19 7h1M4 17h1M11 17h9M13 7a3 3 0 1 0 6 0a3 3 0 1 0-6 0\
                M5 17a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
            }
            Self::Bin => "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
            Self::Export => "M12 4v11M7 10l5 5 5-5M5 20h14",
        }
    }
}

/// One drawing.
#[component]
pub(crate) fn Icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=name.path()></path>
        </svg>
    }
}
