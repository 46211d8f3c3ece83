//! The signed-in person and the state of the model.

use serde::{Deserialize, Serialize};

use super::{Choices, UserId};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    User,
    Administrator,
}

impl UserRole {
    /// Its word in the database, in forms, in the log and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Administrator => "administrator",
        }
    }
}

/// The signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub role: UserRole,
}

impl User {
    /// What stands for the person where a name has no room. The style sheet makes it a capital: a
    /// program that can do it brings tables of all letters along, 5 kB of every visit.
    #[must_use]
    pub fn initial(&self) -> String {
        self.name.chars().take(1).collect()
    }
}

/// The model the server speaks with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelStatus {
    /// Name for people, such as `SmolLM2-135M-Instruct`.
    pub name: String,
    /// A small model that shows how Hearth works, not how well gpt-oss answers.
    pub is_demonstration: bool,
    pub state: ModelState,
    /// What holds in a conversation that wants nothing of its own; absent: the model cannot do it.
    pub usual: Choices,
}

/// Whether the model can answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    Loading {
        percent: u8,
    },
    Ready,
    /// Why is for administrators only: the reason names a file of the server.
    Failed,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_initial_is_the_first_letter() {
        for (name, initial) in [
            ("ada", "a"),
            ("Bob", "B"),
            ("élise", "é"),
            ("王", "王"),
            ("", ""),
        ] {
            let user = User {
                id: UserId::new(Uuid::nil()),
                name: name.to_owned(),
                role: UserRole::User,
            };
            assert_eq!(user.initial(), initial);
        }
    }
}
