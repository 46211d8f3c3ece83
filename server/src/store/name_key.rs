//! What makes two names one: neither case nor the way of writing a letter tells people apart.

use caseless::default_case_fold_str;
use sqlx::types::Uuid;
use unicode_normalization::UnicodeNormalization as _;

use super::Store;

/// Characters of the longest name that somebody may type: an account's has at most 64, and one of
/// those is at most four when it is decomposed.
const MAX_TYPED_CHARS: usize = 4 * 64;

/// Whether a text is longer than any account's name, in whatever way that is typed. It costs next
/// to nothing, which a key does not: one letter may become eighteen in it.
pub(crate) fn is_overlong_name(typed: &str) -> bool {
    typed.trim().chars().nth(MAX_TYPED_CHARS).is_some()
}

/// A name without case (Unicode's case folding) and without the ways of writing one letter (NFKC):
/// the compatibility caseless match of the Unicode Standard, 3.13.
pub(crate) fn name_key(name: &str) -> String {
    let decomposed: String = name.trim().nfd().collect();
    let once: String = default_case_fold_str(&decomposed).nfkd().collect();
    default_case_fold_str(&once).nfkc().collect()
}

impl Store {
    /// Gives accounts their keys that have none: those made before there were any, and those whose
    /// key an account had that is gone. Of two with the same key the older one gets it.
    pub(super) async fn fill_name_keys(&self) -> Result<(), sqlx::Error> {
        let rows = sqlx::query!(
            r#"select id as "id: Uuid", name
               from user
               where name_key is null and removed_at is null
               order by created_at, id"#,
        )
        .fetch_all(&self.writer)
        .await?;
        for row in rows {
            let key = name_key(&row.name);
            let filled = sqlx::query!(
                "update or ignore user
                 set name_key = ?
                 where id = ?",
                key,
                row.id,
            )
            .execute(&self.writer)
            .await?;
            if filled.rows_affected() == 0 {
                tracing::warn!(
                    user.name = row.name,
                    "an older account has this name in other letters; whoever has this one signs \
                     in with it exactly as it is written, and no other account gets it"
                );
            }
        }
        Ok(())
    }

    /// Makes an account as it was made before names had keys.
    #[cfg(test)]
    pub(crate) async fn insert_as_before(&self, name: &str, hash: &str) -> Result<(), sqlx::Error> {
        let id = Uuid::now_v7();
        sqlx::query(
            "insert into user (id, name, password_hash, role, disabled, created_at)
             values (?, ?, ?, 'user', 0, 0)",
        )
        .bind(id)
        .bind(name)
        .bind(hash)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_composition_make_no_other_name() {
        for (one, other) in [
            ("Ada", "ADA "),
            ("\u{c4}nne", "a\u{308}NNE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Straße", "STRASSE"),
            ("Ａｄａ", "ada"),
            ("ﬁona", "Fiona"),
            ("Ǆ", "ǆ"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        for (one, other) in [("Änne", "Anne"), ("王芳", "王方"), ("o", "0")] {
            assert_ne!(name_key(one), name_key(other), "{one} {other}");
        }
    }

    #[test]
    fn the_longest_name_may_be_typed_decomposed_and_nothing_longer() {
        let longest = "\u{1f82}".repeat(64);
        let typed: String = longest.nfd().collect();
        assert_eq!(typed.chars().count(), MAX_TYPED_CHARS);
        assert!(!is_overlong_name(&format!(" {typed}\n")));
        assert!(is_overlong_name(&format!("{typed}a")));
    }

    #[tokio::test]
    async fn a_text_that_is_longer_than_names_may_be_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        // Its key has eighteen times as many letters, and so has a text with the same key.
        let name = "\u{fdfa}".repeat(64);
        store.insert_as_before(&name, "").await.unwrap();
        store.fill_name_keys().await.unwrap();
        assert!(store.credentials(&name).await.unwrap().is_some());
        let key = name_key(&name);
        assert_eq!(name_key(&key), key);
        assert!(store.credentials(&key).await.unwrap().is_none());
    }

    #[test]
    fn a_key_is_its_own_key() {
        for name in ["İstanbul", "ŉ", "ẞ", "\u{1fb7}", "㎯", "王芳", "ΐ"] {
            let key = name_key(name);
            assert_eq!(name_key(&key), key, "{name}");
        }
    }
}
