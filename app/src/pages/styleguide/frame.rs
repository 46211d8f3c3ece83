//! What stands around a chat, and what stands above or before it.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    menus::{chip, conversation},
    specimen::{Specimen, Stage},
};
use crate::{
    components::{
        ChatMenu, ConversationSettingsDialog, Field, Icon, IconName, ListedConversations,
        NewPasswordField, OfflineChip, Sections, Shortcuts, ShortcutsDialog, Sidebar, SidebarEdge,
        TitleInput,
    },
    model::{
        ChatError, ConversationId, ConversationPage, ConversationSummary, DateGroup, Folder,
        FolderId, ModelState, User, UserId, UserRole,
    },
    pages::{
        door_head::{DoorFoot, DoorHead},
        settings::SECTIONS,
    },
    words::{Locale, words},
};

/// Who is signed in.
pub(super) fn person() -> User {
    User {
        id: UserId::new(Uuid::from_u128(1)),
        name: "Ada".to_owned(),
        role: UserRole::Administrator,
    }
}

/// Conversations of today and before; one is being answered.
pub(super) fn list(locale: Locale) -> ListedConversations {
    let row = |number: u8, title: &str, group: DateGroup| ConversationSummary {
        id: ConversationId::new(Uuid::from_u128(number.into())),
        title: title.to_owned(),
        running: number == 2,
        updated_at: 100 - i64::from(number),
        group,
        pinned_at: None,
        folder: None,
        archived: false,
        unread: number == 3,
    };
    let title = words!(locale, styleguide.sample.title);
    let other = words!(locale, styleguide.sample.other_title);
    let question = words!(locale, styleguide.sample.question);
    ListedConversations::new(ConversationPage {
        conversations: vec![
            row(1, title, DateGroup::Today),
            row(2, other, DateGroup::Today),
            row(3, question, DateGroup::Yesterday),
            row(4, other, DateGroup::Previous7Days),
        ],
        has_more: true,
        folders: vec![Folder {
            id: FolderId::new(Uuid::from_u128(5)),
            name: other.to_owned(),
        }],
        ..ConversationPage::default()
    })
}

/// The list, the rail, the list of sections and the header.
pub(super) fn frame(locale: Locale) -> Vec<Specimen> {
    let shown = format!("/c/{}", conversation());
    vec![
        Specimen::at(&shown, "sidebar", Stage::Window, move || {
            sidebar(list(locale))
        }),
        Specimen::new("sidebar, rail", Stage::Window, move || {
            view! { <div class="as-rail">{sidebar(list(locale))}</div> }.into_any()
        }),
        Specimen::new("sidebar-hint", Stage::Window, || {
            sidebar(ListedConversations::new(ConversationPage::default()))
        }),
        Specimen::new("sidebar-edge", Stage::Window, move || {
            view! {
                <div class="chat-page">
                    {sidebar(list(locale))}
                    <div class="chat-main"><SidebarEdge/></div>
                </div>
            }
            .into_any()
        }),
        Specimen::at("/settings", "settings-side", Stage::Wide, move || {
            view! {
                <Sections
                    heading=words!(locale, settings.settings)
                    label=words!(locale, settings.sections)
                    sections=&SECTIONS
                >
                    <p class="hint">{words!(locale, settings.theme_lead)}</p>
                </Sections>
            }
            .into_any()
        }),
        Specimen::new("chat-header", Stage::Wide, move || header(locale)),
        Specimen::new("chat-title > input", Stage::Stack, move || {
            let title = words!(locale, styleguide.sample.title).to_owned();
            let on_done = Callback::new(|_| ());
            view! { <div class="chat-title"><TitleInput title on_done/></div> }.into_any()
        }),
    ]
}

fn sidebar(list: ListedConversations) -> AnyView {
    let on_command = Callback::new(|_| ());
    view! {
        <Sidebar
            list
            user=person()
            shown=Some(conversation())
            row_forms=None
            is_open=true
            on_command
        />
    }
    .into_any()
}

fn header(locale: Locale) -> AnyView {
    let on_command = Callback::new(|_| ());
    view! {
        <div class="chat-header">
            <div class="chat-heading">
                {chip(ModelState::Ready)}
                <h3 class="chat-title">
                    <button type="button" title=words!(locale, chat.rename) dir="auto">
                        {words!(locale, styleguide.sample.title)}
                    </button>
                </h3>
            </div>
            <div class="chat-header-end">
                <OfflineChip is_offline=true/>
                <ChatMenu
                    conversation=Some(conversation())
                    has_title=true
                    has_branches=false
                    on_command
                />
            </div>
        </div>
    }
    .into_any()
}

/// What stands above a page, and what stands before it.
pub(super) fn dialogs(locale: Locale) -> Vec<Specimen> {
    vec![
        Specimen::new("dialog, chat settings", Stage::Wide, || {
            let on_save = Callback::new(|_| ());
            let error = Signal::stored(None::<ChatError>);
            let form = RwSignal::new(None);
            let instructed_by = Signal::stored(None::<String>);
            view! { <ConversationSettingsDialog form instructed_by error on_save/> }.into_any()
        })
        .open(),
        Specimen::new("dialog, shortcut-list", Stage::Wide, || {
            view! { <ShortcutsDialog><Shortcuts/></ShortcutsDialog> }.into_any()
        })
        .open(),
        Specimen::new("door, door-form", Stage::Wide, move || door(locale)),
        Specimen::new("blank, flame out", Stage::Wide, move || {
            view! {
                <div class="blank">
                    <Icon name=IconName::Flame class="flame out"/>
                    <h1>{words!(locale, door.not_found_title)}</h1>
                    <p>{words!(locale, door.not_found_lead)}</p>
                </div>
            }
            .into_any()
        }),
    ]
}

fn door(locale: Locale) -> AnyView {
    view! {
        <div class="door">
            <DoorHead
                title=words!(locale, door.sign_in_title)
                reason=words!(locale, door.sign_in_lead)
            />
            <form class="door-form" method="post">
                <Field
                    label=words!(locale, door.name)
                    name="name"
                    autocomplete="off"
                    class="input tall"
                />
                <NewPasswordField/>
                <button type="submit" class="button primary wide tall">
                    {words!(locale, door.sign_in)}
                </button>
            </form>
            <DoorFoot/>
        </div>
    }
    .into_any()
}
