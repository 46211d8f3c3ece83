//! How people and places stand in the log: names of accounts, between quotes, behind the address;
//! never a password, a link, a key, anything made of one, nor a name that no account has. Somebody
//! types the password where the name belongs.

use hearth_app::model::UserId;
use tracing::field::{DisplayValue, display};

use super::{Visitor, password::Fit};
use crate::store::Credentials;

/// Where a visitor comes from.
pub(super) fn address(visitor: &Visitor) -> String {
    visitor
        .address
        .map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

/// Who is signed in, if anybody is.
pub(super) fn user(visitor: &Visitor) -> Option<DisplayValue<UserId>> {
    let user = visitor.user.as_ref();
    user.map(|user| display(user.id))
}

/// A sign-in that failed, at an account or at none.
pub(super) fn failed_sign_in(visitor: &Visitor, fit: Fit, found: Option<&Credentials>) {
    let reason = match (found, fit) {
        (None, _) => "no such account",
        (Some(_), Fit::Wrong) => "wrong password",
        (Some(_), Fit::Right | Fit::Outdated) => "the account is disabled",
    };
    tracing::warn!(
        client.address = %address(visitor),
        user.id = found.map(|found| display(found.user.id)),
        user.name = found.map(|found| found.user.name.as_str()),
        reason,
        "a sign-in failed"
    );
}
