//! What holds the values of the form while it is open.

use leptos::{html, prelude::*};

use crate::model::ConversationForm;

/// The elements of what is written, and what is chosen.
#[derive(Clone, Copy)]
pub(super) struct Inputs {
    pub(super) system_prompt: NodeRef<html::Textarea>,
    pub(super) temperature: NodeRef<html::Input>,
    pub(super) top_p: NodeRef<html::Input>,
    pub(super) max_tokens: NodeRef<html::Input>,
    pub(super) reasoning_effort: RwSignal<String>,
    pub(super) calculator: RwSignal<String>,
}

impl Inputs {
    pub(super) fn new() -> Self {
        Self {
            system_prompt: NodeRef::new(),
            temperature: NodeRef::new(),
            top_p: NodeRef::new(),
            max_tokens: NodeRef::new(),
            reasoning_effort: RwSignal::new(String::new()),
            calculator: RwSignal::new(String::new()),
        }
    }

    pub(super) fn fill(self, values: &ConversationForm) {
        if let Some(prompt) = self.system_prompt.get_untracked() {
            prompt.set_value(&values.system_prompt);
        }
        let numbers = [
            (self.temperature, &values.temperature),
            (self.top_p, &values.top_p),
            (self.max_tokens, &values.max_tokens),
        ];
        for (input, text) in numbers {
            if let Some(input) = input.get_untracked() {
                input.set_value(text);
            }
        }
        self.reasoning_effort.set(values.reasoning_effort.clone());
        self.calculator.set(values.calculator.clone());
    }

    pub(super) fn read(self) -> ConversationForm {
        let number = |input: NodeRef<html::Input>| {
            let value = input.get_untracked().map(|it| it.value());
            value.unwrap_or_default()
        };
        let prompt = self.system_prompt.get_untracked();
        ConversationForm {
            system_prompt: prompt.map(|it| it.value()).unwrap_or_default(),
            temperature: number(self.temperature),
            top_p: number(self.top_p),
            max_tokens: number(self.max_tokens),
            reasoning_effort: self.reasoning_effort.get_untracked(),
            calculator: self.calculator.get_untracked(),
        }
    }
}
