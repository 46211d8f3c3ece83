//! Parts of pages. They take signals and callbacks and call no server function.
#![expect(
    unreachable_pub,
    reason = "the component macro makes property types `pub`"
)]

mod account_menu;
mod answer_note;
mod answer_verdict;
mod banner;
mod chat_menu;
mod composer;
mod conversation_list;
mod conversation_row;
mod conversation_settings;
mod delete_message;
mod drop_zone;
mod error_text;
mod export_menu;
#[cfg(feature = "ssr")]
mod field;
mod greeting;
mod icon;
mod menu;
mod message_actions;
mod message_info;
mod message_view;
mod model_chip;
mod offline_chip;
mod page_link;
mod post_form;
mod question_editor;
mod question_menu;
mod rating_dialog;
mod row_menu;
mod sections;
mod shortcuts_dialog;
mod sidebar;
mod sidebar_edge;
mod skeleton;
mod steps_view;
mod title_input;
mod toast;
mod transcript_view;

use account_menu::AccountMenu;
#[cfg(feature = "ssr")]
pub(crate) use account_menu::theme_words;
pub(crate) use answer_note::AnswerNote;
use answer_verdict::{RatingButtons, ReadAloudButton};
pub(crate) use banner::BannerLine;
pub(crate) use chat_menu::{ChatCommand, ChatMenu};
#[cfg(feature = "ssr")]
pub(crate) use composer::key_for_form_posts;
pub(crate) use composer::{
    Composer, ComposerCommand, ComposerState, FileNote, TEXT_ID, begin_text, forget_sent,
    move_draft, put_back,
};
pub(crate) use conversation_list::{ConversationListView, ListedConversations};
pub(crate) use conversation_row::link_id;
pub(crate) use conversation_settings::ConversationSettingsDialog;
pub(crate) use delete_message::DeleteMessageMenu;
pub(crate) use drop_zone::DropZone;
pub(crate) use error_text::ErrorText;
#[cfg(feature = "ssr")]
pub(crate) use field::{Field, NewPasswordField};
pub(crate) use greeting::{Greeting, MissingConversation, Privacy, Starters};
pub(crate) use icon::{DRAWINGS, Icon, IconName};
pub(crate) use message_actions::{MessageActions, MessageCommand, QuestionActions, VersionSwitch};
pub(crate) use message_info::MessageInfo;
pub(crate) use message_view::MessageView;
pub(crate) use model_chip::ModelChip;
pub(crate) use offline_chip::OfflineChip;
pub(crate) use page_link::PageLink;
pub(crate) use post_form::PostForm;
use question_editor::QuestionEditor;
pub(crate) use question_editor::{Editing, edited_text};
pub(crate) use question_menu::{PressedQuestion, QuestionMenu};
pub(crate) use rating_dialog::RatingDialog;
pub(crate) use sections::{Section, Sections};
pub(crate) use shortcuts_dialog::{SHORTCUTS, Shortcuts, ShortcutsDialog};
pub(crate) use sidebar::{Sidebar, SidebarCommand, Wish};
pub(crate) use sidebar_edge::SidebarEdge;
pub(crate) use skeleton::{LateSkeletons, Skeleton, Skeletons};
pub(crate) use steps_view::StepsView;
#[cfg(feature = "ssr")]
pub(crate) use steps_view::{view_step, whole_seconds};
pub(crate) use title_input::TitleInput;
pub(crate) use toast::UndoToast;
#[cfg(all(feature = "ssr", debug_assertions))]
pub(crate) use transcript_view::DayLine;
pub(crate) use transcript_view::{Neighbours, TranscriptView};
