//! Parts of pages. They take signals and callbacks and call no server function.
#![expect(
    unreachable_pub,
    reason = "the component macro makes property types `pub`"
)]

mod banner;
mod composer;
mod conversation_list;
mod conversation_row;
mod conversation_settings;
mod delete_message;
mod export_menu;
mod field;
mod icon;
mod message_actions;
mod message_info;
mod message_view;
mod model_line;
mod page_link;
mod post_form;
mod reasoning_view;
mod sections;
mod server_form;
mod sidebar;
mod toast;
mod tool_steps_view;
mod transcript_view;

pub(crate) use banner::BannerLine;
pub(crate) use composer::{Composer, forget_sent, move_draft};
pub(crate) use conversation_list::{ConversationListView, ListedConversations};
pub(crate) use conversation_row::{ConversationRow, link_id};
pub(crate) use conversation_settings::ConversationSettingsDialog;
pub(crate) use delete_message::DeleteMessageMenu;
pub(crate) use export_menu::ExportMenu;
pub(crate) use field::{ErrorText, Field, NewPasswordField};
pub(crate) use icon::{DRAWINGS, Icon, IconName};
pub(crate) use message_actions::{MessageActions, MessageCommand};
pub(crate) use message_info::MessageInfo;
pub(crate) use message_view::MessageView;
pub(crate) use model_line::ModelLine;
pub(crate) use page_link::PageLink;
pub(crate) use post_form::PostForm;
pub(crate) use reasoning_view::ReasoningView;
pub(crate) use sections::{Section, Sections};
pub(crate) use server_form::ServerForm;
pub(crate) use sidebar::{Sidebar, SidebarCommand};
pub(crate) use toast::UndoToast;
pub(crate) use tool_steps_view::ToolStepsView;
pub(crate) use transcript_view::{Neighbours, TranscriptView};
