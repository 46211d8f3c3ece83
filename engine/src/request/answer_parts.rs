//! What the tokens of an answer are, where a model writes more than its answer.

/// What a token belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenPart {
    /// The text that is shown.
    #[default]
    Answer,
    /// What the model thinks.
    Reasoning,
    /// The arguments of a call.
    Call,
    /// A header or a control token: nobody's text.
    Frame,
}

/// A part of a call that is being written. The first one of a call may have no text yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPiece {
    /// Counts the calls of an answer.
    pub index: usize,
    /// Name of the function, without its namespace.
    pub name: String,
    /// New text of the arguments.
    pub arguments: String,
}
