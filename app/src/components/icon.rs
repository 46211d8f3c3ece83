//! Line drawings, 20 units wide, in the colour of the text. Names are given by the button around.
//!
//! The drawings stand once in every document (`icons.svg`, put there by the shell); what the
//! browser's program carries is their names.

use leptos::prelude::*;

/// All drawings as symbols of one hidden picture.
pub(crate) const DRAWINGS: &str = include_str!("../../icons.svg");

/// Which drawing.
#[allow(dead_code, reason = "the page moves to these drawings room by room")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconName {
    Plus,
    NewChat,
    Search,
    Sidebar,
    Menu,
    Close,
    More,
    Send,
    Stop,
    Down,
    Copy,
    Check,
    Retry,
    Undo,
    Continue,
    ChevronDown,
    ChevronUp,
    ChevronLeft,
    ChevronRight,
    UpDown,
    Edit,
    Branch,
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
    Share,
    Link,
    Trash,
    Archive,
    Pin,
    Folder,
    File,
    Paperclip,
    Image,
    Mic,
    Speaker,
    ThumbUp,
    ThumbDown,
    Effort,
    Think,
    Calculator,
    Tools,
    Globe,
    Sun,
    Moon,
    Monitor,
    Language,
    Key,
    SignOut,
    Offline,
    Warning,
    Lock,
    Wrap,
    Code,
    Eye,
    Keyboard,
    Clock,
    Temporary,
    Message,
    Prompt,
    Open,
    Server,
    Flame,
}

impl IconName {
    /// Where it stands in the document.
    const fn place(self) -> &'static str {
        match self {
            Self::Plus => "#i-plus",
            Self::NewChat => "#i-new-chat",
            Self::Search => "#i-search",
            Self::Sidebar => "#i-sidebar",
            Self::Menu => "#i-menu",
            Self::Close => "#i-close",
            Self::More => "#i-more",
            Self::Send => "#i-send",
            Self::Stop => "#i-stop",
            Self::Down => "#i-down",
            Self::Copy => "#i-copy",
            Self::Check => "#i-check",
            Self::Retry => "#i-retry",
            Self::Undo => "#i-undo",
            Self::Continue => "#i-continue",
            Self::ChevronDown => "#i-chevron-down",
            Self::ChevronUp => "#i-chevron-up",
            Self::ChevronLeft => "#i-chevron-left",
            Self::ChevronRight => "#i-chevron-right",
            Self::UpDown => "#i-up-down",
            Self::Edit => "#i-edit",
            Self::Branch => "#i-branch",
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
            Self::Share => "#i-share",
            Self::Link => "#i-link",
            Self::Trash => "#i-trash",
            Self::Archive => "#i-archive",
            Self::Pin => "#i-pin",
            Self::Folder => "#i-folder",
            Self::File => "#i-file",
            Self::Paperclip => "#i-paperclip",
            Self::Image => "#i-image",
            Self::Mic => "#i-mic",
            Self::Speaker => "#i-speaker",
            Self::ThumbUp => "#i-thumb-up",
            Self::ThumbDown => "#i-thumb-down",
            Self::Effort => "#i-effort",
            Self::Think => "#i-think",
            Self::Calculator => "#i-calculator",
            Self::Tools => "#i-tools",
            Self::Globe => "#i-globe",
            Self::Sun => "#i-sun",
            Self::Moon => "#i-moon",
            Self::Monitor => "#i-monitor",
            Self::Language => "#i-language",
            Self::Key => "#i-key",
            Self::SignOut => "#i-sign-out",
            Self::Offline => "#i-offline",
            Self::Warning => "#i-warning",
            Self::Lock => "#i-lock",
            Self::Wrap => "#i-wrap",
            Self::Code => "#i-code",
            Self::Eye => "#i-eye",
            Self::Keyboard => "#i-keyboard",
            Self::Clock => "#i-clock",
            Self::Temporary => "#i-temporary",
            Self::Message => "#i-message",
            Self::Prompt => "#i-prompt",
            Self::Open => "#i-open",
            Self::Server => "#i-server",
            Self::Flame => "#i-flame",
        }
    }
}

/// One drawing. `class` says more about it: `small` (18 px), `mini` (16 px), `mirrored` (an arrow
/// that turns with the direction of the text).
#[component]
pub(crate) fn Icon(
    name: IconName,
    #[prop(default = "icon")] class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=class aria-hidden="true" focusable="false">
            <use href=name.place()></use>
        </svg>
    }
}
