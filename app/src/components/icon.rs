//! Line drawings, 20 units wide, in the colour of the text. Names are given by the button around.
//!
//! The drawings stand once in every document (`icons.svg`, put there by the shell); what the
//! browser's program carries is their names.

use leptos::prelude::*;

/// All drawings as symbols of one hidden picture.
pub(crate) const DRAWINGS: &str = include_str!("../../icons.svg");

/// Which drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "ssr"),
    expect(
        dead_code,
        reason = "sections that the server draws have some of their own"
    )
)]
pub(crate) enum IconName {
    Plus,
    NewChat,
    Sidebar,
    Menu,
    Close,
    More,
    Search,
    Send,
    Stop,
    Down,
    Copy,
    Check,
    Retry,
    Continue,
    ChevronDown,
    ChevronLeft,
    ChevronRight,
    UpDown,
    Branch,
    Edit,
    Info,
    Settings,
    Sliders,
    Shield,
    User,
    People,
    Model,
    Usage,
    Log,
    Download,
    Upload,
    Link,
    Trash,
    Archive,
    Pin,
    Folder,
    File,
    Effort,
    Think,
    Calculator,
    Tools,
    Sun,
    Moon,
    Monitor,
    Key,
    SignOut,
    Offline,
    Warning,
    Lock,
    Eye,
    Code,
    Keyboard,
    Clock,
    Message,
    Server,
    Flame,
    ThumbUp,
    ThumbDown,
    Speaker,
}

impl IconName {
    /// Where it stands in the document.
    #[expect(clippy::too_many_lines, reason = "one line for each drawing")]
    const fn place(self) -> &'static str {
        match self {
            Self::Plus => "#i-plus",
            Self::NewChat => "#i-new-chat",
            Self::Sidebar => "#i-sidebar",
            Self::Menu => "#i-menu",
            Self::Close => "#i-close",
            Self::More => "#i-more",
            Self::Search => "#i-search",
            Self::Send => "#i-send",
            Self::Stop => "#i-stop",
            Self::Down => "#i-down",
            Self::Copy => "#i-copy",
            Self::Check => "#i-check",
            Self::Retry => "#i-retry",
            Self::Continue => "#i-continue",
            Self::ChevronDown => "#i-chevron-down",
            Self::ChevronLeft => "#i-chevron-left",
            Self::ChevronRight => "#i-chevron-right",
            Self::UpDown => "#i-up-down",
            Self::Branch => "#i-branch",
            Self::Edit => "#i-edit",
            Self::Info => "#i-info",
            Self::Settings => "#i-settings",
            Self::Sliders => "#i-sliders",
            Self::Shield => "#i-shield",
            Self::User => "#i-user",
            Self::People => "#i-people",
            Self::Model => "#i-model",
            Self::Usage => "#i-usage",
            Self::Log => "#i-log",
            Self::Download => "#i-download",
            Self::Upload => "#i-upload",
            Self::Link => "#i-link",
            Self::Trash => "#i-trash",
            Self::Archive => "#i-archive",
            Self::Pin => "#i-pin",
            Self::Folder => "#i-folder",
            Self::File => "#i-file",
            Self::Effort => "#i-effort",
            Self::Think => "#i-think",
            Self::Calculator => "#i-calculator",
            Self::Tools => "#i-tools",
            Self::Sun => "#i-sun",
            Self::Moon => "#i-moon",
            Self::Monitor => "#i-monitor",
            Self::Key => "#i-key",
            Self::SignOut => "#i-sign-out",
            Self::Offline => "#i-offline",
            Self::Warning => "#i-warning",
            Self::Lock => "#i-lock",
            Self::Eye => "#i-eye",
            Self::Code => "#i-code",
            Self::Keyboard => "#i-keyboard",
            Self::Clock => "#i-clock",
            Self::Message => "#i-message",
            Self::Server => "#i-server",
            Self::Flame => "#i-flame",
            Self::ThumbUp => "#i-thumb-up",
            Self::ThumbDown => "#i-thumb-down",
            Self::Speaker => "#i-speaker",
        }
    }
}

/// One drawing. `class` says more about it: `small` (18 px), `mini` (16 px), `mirrored` (an arrow
/// that turns with the direction of the text).
#[component]
pub(crate) fn Icon(name: IconName, #[prop(default = "icon")] class: &'static str) -> impl IntoView {
    view! {
        <svg class=class aria-hidden="true" focusable="false">
            <use href=name.place()></use>
        </svg>
    }
}
