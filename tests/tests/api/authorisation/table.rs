//! The table: every route and every server function, with what each of four people gets.

use hearth_tests::running_server::{PASSWORD, new_key};

use Outcome::{Done, Forbidden, Invalid, NotFound, ToForm, ToSignIn, ToStart, Unauthorized};

/// What somebody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// A redirect to the sign-in page.
    ToSignIn,
    /// A redirect to the start page.
    ToStart,
    /// A redirect to the form that was filled in wrong.
    ToForm,
    Unauthorized,
    Forbidden,
    NotFound,
    /// Allowed, and the arguments are not good.
    Invalid,
    Other(u16),
}

/// What belongs to Berta, the user the table speaks of.
pub(super) struct Belongings {
    pub(super) conversation: String,
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) stopped: String,
    /// Another browser of hers.
    pub(super) session: String,
    /// Another conversation of hers, in the trash.
    pub(super) trashed: String,
    pub(super) export: String,
    pub(super) upload: String,
    pub(super) api_key: String,
    pub(super) folder: String,
    /// A copy of the conversation, for Carl, the other user.
    pub(super) share: String,
    /// A file that she did not send yet; no server function asks for one.
    pub(super) file: String,
}

pub(super) type Arguments = Vec<(&'static str, String)>;

/// One route or server function. The last column is tried last: it may change something.
pub(super) struct Row {
    pub(super) path: &'static str,
    pub(super) arguments: fn(&Belongings) -> Arguments,
    pub(super) anonymous: Outcome,
    pub(super) other_user: Outcome,
    pub(super) administrator: Outcome,
    pub(super) owner: Outcome,
}

const fn row(
    path: &'static str,
    arguments: fn(&Belongings) -> Arguments,
    expected: [Outcome; 4],
) -> Row {
    let [anonymous, other_user, administrator, owner] = expected;
    Row {
        path,
        arguments,
        anonymous,
        other_user,
        administrator,
        owner,
    }
}

const EVERYBODY: [Outcome; 4] = [Done; 4];
const SIGNED_IN: [Outcome; 4] = [Unauthorized, Done, Done, Done];
const ADMINISTRATOR: [Outcome; 4] = [Unauthorized, Forbidden, Done, Forbidden];
/// As above, and what is asked for is not there.
const ADMINISTRATOR_MISSES: [Outcome; 4] = [Unauthorized, Forbidden, NotFound, Forbidden];
/// Pages of the administration.
const TO_ADMINISTRATION: [Outcome; 4] = [ToSignIn, ToStart, Done, ToStart];
/// What Berta shares with Carl.
const SHARED: [Outcome; 4] = [Unauthorized, Done, NotFound, Done];
/// An administrator reads no other person's conversations.
const OWNER: [Outcome; 4] = [Unauthorized, NotFound, NotFound, Done];
/// The same of a page.
const OWNERS_PAGE: [Outcome; 4] = [ToSignIn, NotFound, NotFound, Done];

fn nothing(_: &Belongings) -> Arguments {
    Vec::new()
}

fn exports_section(_: &Belongings) -> Arguments {
    vec![("section", "exports".to_owned())]
}

fn usage_section(_: &Belongings) -> Arguments {
    vec![("section", "usage".to_owned())]
}

fn settings_form(_: &Belongings) -> Arguments {
    vec![
        ("form[temperature][value]", "0.5".to_owned()),
        ("form[temperature][version]", "0".to_owned()),
    ]
}

fn conversation(it: &Belongings) -> Arguments {
    vec![("id", it.conversation.clone())]
}

fn conversation_at(it: &Belongings) -> Arguments {
    vec![
        ("id", it.conversation.clone()),
        ("message", it.answer.clone()),
    ]
}

fn pinned(it: &Belongings) -> Arguments {
    vec![
        ("ids[0]", it.conversation.clone()),
        ("arrangement", "pin".to_owned()),
    ]
}

fn folder(it: &Belongings) -> Arguments {
    vec![("id", it.folder.clone())]
}

fn in_folder(it: &Belongings) -> Arguments {
    vec![("folder", it.folder.clone())]
}

fn folder_form(it: &Belongings) -> Arguments {
    vec![
        ("id", it.folder.clone()),
        ("form[name]", new_key().to_string()),
    ]
}

fn folder_name(_: &Belongings) -> Arguments {
    vec![("name", new_key().to_string())]
}

fn shared_with_all(it: &Belongings) -> Arguments {
    vec![
        ("id", it.conversation.clone()),
        ("audience", "everybody".to_owned()),
    ]
}

fn share(it: &Belongings) -> Arguments {
    vec![("id", it.share.clone())]
}

fn share_and_key(it: &Belongings) -> Arguments {
    vec![("id", it.share.clone()), ("key", new_key().to_string())]
}

fn trashed(it: &Belongings) -> Arguments {
    vec![("id", it.trashed.clone())]
}

fn nobody_named(_: &Belongings) -> Arguments {
    vec![
        ("user", new_key().to_string()),
        ("name", "Nobody".to_owned()),
    ]
}

/// Not a wrong one: those are counted, and everybody here has one address.
fn no_password(_: &Belongings) -> Arguments {
    vec![("password", String::new())]
}

fn answer(it: &Belongings) -> Arguments {
    vec![("message", it.answer.clone())]
}

fn rated(it: &Belongings) -> Arguments {
    vec![("message", it.answer.clone()), ("thumb", "down".to_owned())]
}

fn personal(_: &Belongings) -> Arguments {
    vec![("form[about]", "I keep bees.".to_owned())]
}

fn stopped(it: &Belongings) -> Arguments {
    vec![("message", it.stopped.clone())]
}

fn title(it: &Belongings) -> Arguments {
    vec![
        ("id", it.conversation.clone()),
        ("title", "Another title".to_owned()),
    ]
}

fn message(it: &Belongings) -> Arguments {
    vec![
        ("conversation", it.conversation.clone()),
        ("text", "Hello".to_owned()),
        ("key", new_key().to_string()),
    ]
}

fn edited(it: &Belongings) -> Arguments {
    vec![
        ("message", it.question.clone()),
        ("text", "Hello again".to_owned()),
        ("key", new_key().to_string()),
    ]
}

fn tails(it: &Belongings) -> Arguments {
    vec![
        ("tails[0][message]", it.answer.clone()),
        ("tails[0][cursor][epoch]", "0".to_owned()),
        ("tails[0][cursor][seq]", "0".to_owned()),
    ]
}

fn markdown(it: &Belongings) -> Arguments {
    vec![
        ("conversation", it.conversation.clone()),
        ("format", "markdown".to_owned()),
    ]
}

fn export(it: &Belongings) -> Arguments {
    vec![("id", it.export.clone())]
}

fn upload(it: &Belongings) -> Arguments {
    vec![("upload", it.upload.clone())]
}

fn key_name(_: &Belongings) -> Arguments {
    vec![("name", "a program".to_owned())]
}

fn api_key(it: &Belongings) -> Arguments {
    vec![("id", it.api_key.clone())]
}

fn claim(_: &Belongings) -> Arguments {
    vec![
        ("token", "guess".to_owned()),
        ("name", "Mallory".to_owned()),
        ("password", "correct horse".to_owned()),
    ]
}

fn language(_: &Belongings) -> Arguments {
    vec![("language", "zh-CN".to_owned())]
}

fn theme(_: &Belongings) -> Arguments {
    vec![("theme", "dark".to_owned())]
}

fn session(it: &Belongings) -> Arguments {
    vec![("id", it.session.clone())]
}

fn passwords(_: &Belongings) -> Arguments {
    vec![
        ("old_password", PASSWORD.to_owned()),
        ("new_password", PASSWORD.to_owned()),
    ]
}

fn wrong_password(_: &Belongings) -> Arguments {
    vec![
        ("name", "Berta".to_owned()),
        ("password", "wrong horse".to_owned()),
    ]
}

fn new_account(_: &Belongings) -> Arguments {
    vec![("name", "Dora".to_owned()), ("role", "user".to_owned())]
}

fn nobody(_: &Belongings) -> Arguments {
    vec![
        ("user", new_key().to_string()),
        ("change", "disable".to_owned()),
    ]
}

fn nobody_limited(_: &Belongings) -> Arguments {
    vec![
        ("user", new_key().to_string()),
        ("limit", "none".to_owned()),
    ]
}

fn nobody_alone(_: &Belongings) -> Arguments {
    vec![("user", new_key().to_string())]
}

fn no_model(_: &Belongings) -> Arguments {
    vec![("file", "nothing.gguf".to_owned())]
}

fn guessed_link(_: &Belongings) -> Arguments {
    vec![("token", "guess".to_owned())]
}

fn banner(_: &Belongings) -> Arguments {
    vec![("dismissal", "0-1-0-0".to_owned())]
}

fn own_settings(it: &Belongings) -> Arguments {
    vec![
        ("id", it.conversation.clone()),
        ("form[temperature]", "0.5".to_owned()),
    ]
}

/// Columns: anonymous, another user, the administrator, the owner.
pub(super) const FUNCTIONS: &[Row] = &[
    row("/api/set_up", claim, [Forbidden; 4]),
    row("/api/sign_in", wrong_password, [Invalid; 4]),
    row("/api/needs_set_up", nothing, EVERYBODY),
    row("/api/signed_in_user", nothing, EVERYBODY),
    row("/api/page_build", nothing, EVERYBODY),
    row("/api/model_status", nothing, SIGNED_IN),
    row("/api/conversations", nothing, SIGNED_IN),
    row("/api/conversation", conversation, OWNER),
    row("/api/conversation_at", conversation_at, OWNER),
    row("/api/conversation_state", conversation, SIGNED_IN),
    row("/api/rename_conversation", title, OWNER),
    row("/api/delete_conversation", conversation, OWNER),
    row("/api/restore_conversation", conversation, OWNER),
    row("/api/show_version", answer, OWNER),
    row("/api/arrange_conversations", pinned, OWNER),
    row("/api/see_conversation", conversation, OWNER),
    row("/api/archive", nothing, SIGNED_IN),
    row("/api/folder_conversations", in_folder, OWNER),
    row("/api/create_folder", folder_name, SIGNED_IN),
    row("/api/folder", folder, OWNER),
    row("/api/save_folder", folder_form, OWNER),
    row("/api/delete_folder", folder, OWNER),
    row("/api/open_branch", answer, OWNER),
    row("/api/fork_conversation", answer, OWNER),
    row("/api/share_conversation", shared_with_all, OWNER),
    row("/api/shares", nothing, SIGNED_IN),
    row("/api/continue_shared", share_and_key, SHARED),
    row("/api/revoke_share", share, OWNER),
    row("/api/send_message", message, OWNER),
    row("/api/edit_question", edited, OWNER),
    row("/api/tail_turns", tails, OWNER),
    row("/api/stop_turn", answer, OWNER),
    row("/api/regenerate", answer, OWNER),
    row("/api/continue_turn", stopped, OWNER),
    row("/api/message_text", answer, OWNER),
    row("/api/rate_message", rated, OWNER),
    row("/api/save_personal_instructions", personal, SIGNED_IN),
    row("/api/conversation_settings", conversation, OWNER),
    row("/api/save_conversation_settings", own_settings, OWNER),
    row("/api/settings", nothing, ADMINISTRATOR),
    row("/api/save_settings", settings_form, ADMINISTRATOR),
    row("/api/accounts", nothing, ADMINISTRATOR),
    row("/api/create_account", new_account, ADMINISTRATOR),
    row("/api/make_link", nobody_alone, ADMINISTRATOR_MISSES),
    row("/api/change_account", nobody, ADMINISTRATOR_MISSES),
    row("/api/change_limit", nobody_limited, ADMINISTRATOR_MISSES),
    row("/api/models", nothing, ADMINISTRATOR),
    row("/api/switch_model", no_model, ADMINISTRATOR_MISSES),
    row("/api/usage", nothing, ADMINISTRATOR),
    row("/api/audit", nothing, ADMINISTRATOR),
    row("/api/upkeep", nothing, ADMINISTRATOR),
    row("/api/backups", nothing, ADMINISTRATOR),
    row("/api/back_up", nothing, ADMINISTRATOR),
    row("/api/draw_administration", usage_section, ADMINISTRATOR),
    row("/api/page_words", nothing, SIGNED_IN),
    row("/api/dismiss_banner", banner, SIGNED_IN),
    row("/api/may_sign_up", nothing, EVERYBODY),
    row("/api/sign_up", claim, [Forbidden; 4]),
    row("/api/link_owner", guessed_link, EVERYBODY),
    row("/api/join", claim, [Forbidden; 4]),
    row("/api/set_language", language, EVERYBODY),
    row("/api/set_theme", theme, EVERYBODY),
    row("/api/set_single_keys", nothing, EVERYBODY),
    row("/api/draw_settings", exports_section, SIGNED_IN),
    row("/api/draw_search", nothing, SIGNED_IN),
    row("/api/sessions", nothing, SIGNED_IN),
    row("/api/end_session", session, OWNER),
    row("/api/change_password", passwords, SIGNED_IN),
    row("/api/end_other_sessions", nothing, SIGNED_IN),
    row("/api/api_keys", nothing, SIGNED_IN),
    row("/api/create_api_key", key_name, SIGNED_IN),
    row("/api/revoke_api_key", api_key, OWNER),
    row("/api/trash", nothing, SIGNED_IN),
    row("/api/delete_forever", trashed, OWNER),
    row("/api/empty_trash", nothing, SIGNED_IN),
    row("/api/delete_message", answer, OWNER),
    row("/api/delete_account", nobody_named, ADMINISTRATOR_MISSES),
    row(
        "/api/delete_own_account",
        no_password,
        [Unauthorized, Invalid, Invalid, Invalid],
    ),
    row("/api/create_export", markdown, OWNER),
    row("/api/exports", nothing, SIGNED_IN),
    row("/api/delete_export", export, OWNER),
    row("/api/import_preview", upload, OWNER),
    row("/api/import_commit", upload, OWNER),
    // Last: it ends the sessions.
    row("/api/sign_out", nothing, EVERYBODY),
];

/// Every other route, `{id}` being a conversation of Berta's, of `/s` a copy that she shares,
/// `{export}` an export and `{file}` a file.
pub(super) const ROUTES: &[Row] = &[
    row("/", nothing, [ToSignIn, Done, Done, Done]),
    row("/c/{id}", nothing, OWNERS_PAGE),
    row("/c/{id}/branches", nothing, OWNERS_PAGE),
    row("/c/{id}/share", nothing, OWNERS_PAGE),
    row("/s/{id}", nothing, [ToSignIn, Done, NotFound, Done]),
    row("/exports/{export}", nothing, OWNERS_PAGE),
    row("/exports/all", nothing, [ToSignIn, Done, Done, Done]),
    row("/changes", nothing, [ToSignIn, Done, Done, Done]),
    row(
        "/files",
        nothing,
        [
            Unauthorized,
            Outcome::Other(400),
            Outcome::Other(400),
            Outcome::Other(400),
        ],
    ),
    row("/files/{file}", nothing, OWNERS_PAGE),
    row("/files/{file}/original", nothing, OWNERS_PAGE),
    // Last of them: it is gone afterwards.
    row("/files/{file}/remove", nothing, OWNER),
    // Nobody sends a file here: those who may are led back to the form.
    row("/import", nothing, [ToSignIn, ToForm, ToForm, ToForm]),
    row("/settings/exports", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/trash", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/folders", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/archive", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/shared", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/import", nothing, [ToSignIn, Done, Done, Done]),
    row("/search", nothing, [ToSignIn, Done, Done, Done]),
    row("/sign-in", nothing, [Done, ToStart, ToStart, ToStart]),
    row("/sign-up", nothing, [Done, ToStart, ToStart, ToStart]),
    row("/join", nothing, EVERYBODY),
    row("/admin", nothing, TO_ADMINISTRATION),
    row("/admin/people", nothing, TO_ADMINISTRATION),
    row("/admin/models", nothing, TO_ADMINISTRATION),
    row("/admin/usage", nothing, TO_ADMINISTRATION),
    row("/admin/ratings", nothing, TO_ADMINISTRATION),
    row("/admin/log", nothing, TO_ADMINISTRATION),
    row("/admin/upkeep", nothing, TO_ADMINISTRATION),
    row("/admin/backups", nothing, TO_ADMINISTRATION),
    row("/set-up", nothing, [ToSignIn, ToStart, ToStart, ToStart]),
    row("/setup", nothing, [ToSignIn, ToStart, ToStart, ToStart]),
    row("/settings", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/account", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/keys", nothing, [ToSignIn, Done, Done, Done]),
    // A session opens nothing here: a key does.
    row("/v1/models", nothing, [Unauthorized; 4]),
    row("/v1/models/{*model}", nothing, [Unauthorized; 4]),
    row("/v1/chat/completions", nothing, [Unauthorized; 4]),
    row("/v1/completions", nothing, [Unauthorized; 4]),
    row("/tokenize", nothing, [Unauthorized; 4]),
    row("/detokenize", nothing, [Unauthorized; 4]),
    row("/v1/openapi.json", nothing, [Unauthorized; 4]),
    row("/metrics", nothing, [Unauthorized; 4]),
    row("/health", nothing, EVERYBODY),
    row("/healthz", nothing, EVERYBODY),
    row("/readyz", nothing, EVERYBODY),
    row("/favicon.svg", nothing, EVERYBODY),
    row("/hearth-math.OFL.txt", nothing, EVERYBODY),
    row("/hearth-math.woff2", nothing, EVERYBODY),
    row("/manifest.webmanifest", nothing, EVERYBODY),
    row("/robots.txt", nothing, EVERYBODY),
    // Colours and components, without anything of anybody.
    #[cfg(debug_assertions)]
    row("/styleguide", nothing, EVERYBODY),
    #[cfg(debug_assertions)]
    row("/styleguide.css", nothing, EVERYBODY),
    // The table asks for a file that is not there.
    row("/pkg/{*file}", nothing, [NotFound; 4]),
];
