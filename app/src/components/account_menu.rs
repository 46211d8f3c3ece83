//! Who is signed in, with the ways to settings and out. The menu opens without script too.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, PageLink, SidebarCommand, menu::Menu};
use crate::{
    api::{
        accounts::SignOut,
        preferences::{SetLanguage, SetTheme},
    },
    browser,
    model::{Language, SingleKeys, Theme, User, UserRole},
    preferences,
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

const MENU: &str = "account-menu";

/// The last row of the sidebar and its menu.
#[component]
pub(super) fn AccountMenu(user: User, on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let initial = user.initial();
    let name = user.name.clone();
    let is_administrator = user.role == UserRole::Administrator;
    view! {
        <div class="sidebar-account">
            <button
                type="button"
                class="row account-button"
                popovertarget=MENU
                title=words!(locale, frame.account)
            >
                <span class="avatar" aria-hidden="true">{initial.clone()}</span>
                <span class="account-name" dir="auto">{name}</span>
                <span class="visually-hidden">{words!(locale, frame.account)}</span>
                <Icon name=IconName::UpDown class="icon small"/>
            </button>
            <Menu id=MENU label=words!(locale, frame.account)>
                <Person user initial/>
                <hr/>
                <Places is_administrator on_command/>
                <hr/>
                <ThemeLine on_command/>
                <LanguageLine on_command/>
                <hr/>
                // A plain post: the next page starts without anything of this person.
                <form method="post" action=address_of(SignOut::url())>
                    <button type="submit" class="menu-entry">
                        <Icon name=IconName::SignOut class="icon mirrored"/>
                        <span>{words!(locale, door.sign_out)}</span>
                    </button>
                </form>
            </Menu>
        </div>
    }
}

#[component]
fn Person(user: User, initial: String) -> impl IntoView {
    let locale = use_locale();
    let role = match user.role {
        UserRole::User => words!(locale, admin.user),
        UserRole::Administrator => words!(locale, admin.administrator),
    };
    view! {
        <div class="menu-person">
            <span class="avatar" aria-hidden="true">{initial}</span>
            <span>
                <strong dir="auto">{user.name}</strong>
                <small>{role}</small>
            </span>
        </div>
    }
}

#[component]
fn Places(is_administrator: bool, on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let has_keys = preferences::of_page().single_keys == SingleKeys::On;
    let show_shortcuts = move |_| {
        browser::close_menu(MENU);
        on_command.run(SidebarCommand::ShowShortcuts);
    };
    view! {
        <PageLink
            to="/settings"
            attr:class="menu-entry"
            attr:id="settings-link"
            attr:autofocus=true
        >
            <Icon name=IconName::Settings/>
            <span>{words!(locale, settings.settings)}</span>
            <kbd aria-hidden="true">"Ctrl ,"</kbd>
        </PageLink>
        {is_administrator.then(|| view! {
            <PageLink to="/admin" attr:class="menu-entry">
                <Icon name=IconName::Shield/>
                <span>{words!(locale, admin.administration)}</span>
            </PageLink>
        })}
        <button type="button" class="menu-entry needs-script" on:click=show_shortcuts>
            <Icon name=IconName::Keyboard/>
            <span>{words!(locale, frame.shortcuts)}</span>
            {has_keys.then(|| view! { <kbd aria-hidden="true">"?"</kbd> })}
        </button>
    }
}

/// Light or dark, at once.
#[component]
fn ThemeLine(on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let chosen = preferences::of_page().theme;
    let choice = move |theme: Theme| {
        let (name, drawing) = theme_words(locale, theme);
        view! {
            <label title=name>
                <input
                    type="radio"
                    name="theme"
                    value=theme.as_str()
                    aria-label=name
                    checked=theme == chosen
                    autocomplete="off"
                    on:change=move |_| on_command.run(SidebarCommand::ShowTheme(theme))
                />
                <span><Icon name=drawing class="icon small"/></span>
            </label>
        }
    };
    view! {
        <form class="menu-line" method="post" action=address_of(SetTheme::url())>
            <span aria-hidden="true">{words!(locale, settings.theme)}</span>
            <fieldset class="segmented">
                <legend class="visually-hidden">{words!(locale, settings.theme)}</legend>
                {Theme::ALL.map(choice).collect_view()}
            </fieldset>
            <SaveWithoutScript/>
        </form>
    }
}

/// What a theme is called, and its drawing.
pub(crate) fn theme_words(locale: Locale, theme: Theme) -> (&'static str, IconName) {
    match theme {
        Theme::System => (words!(locale, settings.theme_system), IconName::Monitor),
        Theme::Light => (words!(locale, settings.theme_light), IconName::Sun),
        Theme::Dark => (words!(locale, settings.theme_dark), IconName::Moon),
    }
}

/// A page keeps its language, so the new one begins with a new page.
#[component]
fn LanguageLine(on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let chosen = preferences::of_page().language;
    let choice = move |language: Language| {
        view! {
            <label>
                <input
                    type="radio"
                    name="language"
                    value=language.as_str()
                    checked=language == chosen
                    autocomplete="off"
                    on:change=move |_| on_command.run(SidebarCommand::Speak(language))
                />
                <span lang=language.as_str()>{language.own_name()}</span>
            </label>
        }
    };
    view! {
        <form class="menu-line" method="post" action=address_of(SetLanguage::url())>
            <span aria-hidden="true">{words!(locale, settings.language)}</span>
            <fieldset class="segmented">
                <legend class="visually-hidden">{words!(locale, settings.language)}</legend>
                {Language::ALL.map(choice).collect_view()}
            </fieldset>
            <SaveWithoutScript/>
        </form>
    }
}

#[component]
fn SaveWithoutScript() -> impl IntoView {
    view! {
        <button type="submit" class="quiet-button only-without-script">
            {words!(use_locale(), admin.save)}
        </button>
    }
}
