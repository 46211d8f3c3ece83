//! The lists of conversations beside a chat: the top, the folders, of which one may be open, and
//! what was used last. Pure, tested without a browser. Each conversation stands in one of them.

mod pages;

use crate::model::{
    ConversationId, ConversationPage, ConversationSummary, DateGroup, Folder, FolderId, ListPlace,
    LocalDate,
};
use pages::Pages;

/// What is loaded of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConversationList {
    recent: Pages,
    /// The last pinned first.
    pinned: Vec<ConversationSummary>,
    folders: Vec<Folder>,
    opened: Option<OpenedFolder>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenedFolder {
    id: FolderId,
    pages: Pages,
}

/// A heading of the list, with the rows below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ListSection {
    Pinned,
    Folder(FolderId),
    Days(DateGroup),
}

impl ConversationList {
    /// Begins with the first page.
    pub(crate) fn new(mut page: ConversationPage) -> Self {
        Self {
            pinned: std::mem::take(&mut page.pinned),
            folders: std::mem::take(&mut page.folders),
            opened: None,
            recent: Pages::new(page),
        }
    }

    /// Those that stand in no other list.
    pub(crate) fn conversations(&self) -> &[ConversationSummary] {
        self.recent.conversations()
    }

    /// All that are shown, in the order of the headings.
    fn rows(&self) -> impl Iterator<Item = &ConversationSummary> {
        let opened = self.opened.iter().flat_map(|it| it.pages.conversations());
        let recent = self.recent.conversations().iter();
        self.pinned.iter().chain(opened).chain(recent)
    }

    /// A conversation that is shown.
    pub(crate) fn find(&self, id: ConversationId) -> Option<&ConversationSummary> {
        self.rows().find(|it| it.id == id)
    }

    /// By name.
    pub(crate) fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// The folder whose conversations are shown, and where its next page begins.
    pub(crate) fn opened(&self) -> Option<(FolderId, Option<ListPlace>)> {
        let opened = self.opened.as_ref()?;
        Some((opened.id, opened.pages.end()))
    }

    /// Shows the first page of a folder, and of no other one.
    pub(crate) fn open(&mut self, id: FolderId, page: ConversationPage) {
        let pages = Pages::new(page);
        for shown in pages.conversations() {
            self.recent.remove(shown.id);
        }
        self.pinned
            .retain(|it| pages.conversations().iter().all(|shown| shown.id != it.id));
        self.opened = Some(OpenedFolder { id, pages });
    }

    /// Shows no folder's conversations.
    pub(crate) fn close(&mut self) {
        self.opened = None;
    }

    /// Appends the next page to the folder that is open.
    pub(crate) fn extend_opened(&mut self, id: FolderId, end: ListPlace, page: ConversationPage) {
        if let Some(opened) = self.opened.as_mut().filter(|it| it.id == id) {
            opened.pages.extend(end, page);
        }
    }

    /// The reader's day when a page was read last.
    pub(crate) fn today(&self) -> LocalDate {
        self.recent.today()
    }

    /// The place after which the next page begins; absent if everything is loaded.
    pub(crate) fn end(&self) -> Option<ListPlace> {
        self.recent.end()
    }

    /// Appends the page after `end`. False: the list ends elsewhere by now.
    pub(crate) fn extend(&mut self, end: ListPlace, page: ConversationPage) -> bool {
        self.recent.extend(end, page)
    }

    /// The first page was read again: what stands below it stays, what left it goes.
    pub(crate) fn refresh(&mut self, mut first: ConversationPage) {
        self.pinned = std::mem::take(&mut first.pinned);
        self.folders = std::mem::take(&mut first.folders);
        self.recent.refresh(first);
        self.recent.leave_out(&self.pinned);
        let folders = &self.folders;
        self.opened
            .take_if(|it| folders.iter().all(|there| there.id != it.id));
        if let Some(opened) = &mut self.opened {
            opened.pages.leave_out(&self.pinned);
            opened.pages.leave_out(self.recent.conversations());
        }
    }

    /// Something of a conversation that is shown has changed; it may stand in another list by now.
    pub(crate) fn update(&mut self, summary: ConversationSummary) {
        let Some(old) = self.find_mut(summary.id) else {
            return;
        };
        let list = |it: &ConversationSummary| (it.archived, it.pinned_at, it.folder);
        if list(old) == list(&summary) {
            *old = summary;
        } else {
            self.put_back(summary);
        }
    }

    fn find_mut(&mut self, id: ConversationId) -> Option<&mut ConversationSummary> {
        let pinned = self.pinned.iter_mut().find(|it| it.id == id);
        let opened = self.opened.as_mut();
        pinned
            .or_else(|| opened?.pages.find_mut(id))
            .or_else(|| self.recent.find_mut(id))
    }

    /// A turn started: its conversation is the last used one.
    pub(crate) fn move_to_top(&mut self, summary: ConversationSummary) {
        if let Some((summary, pages)) = self.take(summary) {
            pages.move_to_top(summary);
        }
    }

    /// A conversation is where it was before, or somewhere else: it stands in its place there, if
    /// that is loaded.
    pub(crate) fn put_back(&mut self, summary: ConversationSummary) {
        if let Some((summary, pages)) = self.take(summary) {
            pages.put_back(summary);
        }
    }

    /// Takes a conversation out of all lists, and finds the pages that it belongs into. What is
    /// pinned has its place already.
    fn take(&mut self, summary: ConversationSummary) -> Option<(ConversationSummary, &mut Pages)> {
        self.remove(summary.id);
        if summary.archived {
            return None;
        }
        if summary.pinned_at.is_some() {
            let place = |it: &ConversationSummary| (it.pinned_at, it.id);
            let index = self
                .pinned
                .partition_point(|it| place(it) > place(&summary));
            self.pinned.insert(index, summary);
            return None;
        }
        match summary.folder {
            None => Some((summary, &mut self.recent)),
            Some(folder) => {
                let opened = self.opened.as_mut().filter(|it| it.id == folder)?;
                Some((summary, &mut opened.pages))
            }
        }
    }

    pub(crate) fn remove(&mut self, id: ConversationId) {
        self.recent.remove(id);
        self.pinned.retain(|it| it.id != id);
        if let Some(opened) = &mut self.opened {
            opened.pages.remove(id);
        }
    }

    /// The one below it, or else above it.
    pub(crate) fn neighbour(&self, id: ConversationId) -> Option<ConversationId> {
        let below = self.beside(Some(id), true);
        below.or_else(|| self.beside(Some(id), false))
    }

    /// The one below another, or above it; without another the first.
    pub(crate) fn beside(
        &self,
        id: Option<ConversationId>,
        is_below: bool,
    ) -> Option<ConversationId> {
        let place = id.and_then(|id| self.rows().position(|it| it.id == id));
        let wanted = match (place, is_below) {
            (Some(place), true) => place + 1,
            (Some(place), false) => place.checked_sub(1)?,
            (None, true) => 0,
            (None, false) => return None,
        };
        self.rows().nth(wanted).map(|it| it.id)
    }

    /// The headings in their order, with the rows below each.
    pub(crate) fn sections(&self) -> Vec<(ListSection, Vec<&ConversationSummary>)> {
        let mut sections = Vec::new();
        if !self.pinned.is_empty() {
            sections.push((ListSection::Pinned, self.pinned.iter().collect()));
        }
        for folder in &self.folders {
            let opened = self.opened.as_ref().filter(|it| it.id == folder.id);
            let rows = opened.map_or(&[][..], |it| it.pages.conversations());
            sections.push((ListSection::Folder(folder.id), rows.iter().collect()));
        }
        let recent = self.recent.conversations();
        for (group, rows) in self.recent.groups() {
            let rows = rows.into_iter().filter_map(|row| recent.get(row));
            sections.push((ListSection::Days(group), rows.collect()));
        }
        sections
    }
}

#[cfg(test)]
mod tests;
