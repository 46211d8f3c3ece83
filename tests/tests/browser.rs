//! Hearth in Chromium, two tests at a time.

mod browser {
    use hearth_app::model::Language;

    /// Makes two tests of each function: one with English pages, one with Chinese ones.
    macro_rules! in_both_languages {
        ($($name:ident),* $(,)?) => {
            mod in_english {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $name() -> anyhow::Result<()> {
                        super::$name(hearth_app::model::Language::English).await
                    }
                )*
            }
            mod in_chinese {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $name() -> anyhow::Result<()> {
                        super::$name(hearth_app::model::Language::Chinese).await
                    }
                )*
            }
        };
    }

    /// Name of a picture.
    fn named(page: &str, language: Language) -> String {
        format!("{page}-{}", language.as_str())
    }

    mod a_day;
    mod accessibility;
    mod adding_files;
    mod administration;
    mod branches;
    mod chaos;
    mod chats;
    mod code_blocks;
    mod composing;
    mod conversation;
    mod corpus;
    mod crowd;
    mod deletion;
    mod drafts;
    mod drawer;
    mod exporting;
    mod frame;
    mod interruption;
    mod keyboard_only;
    mod kills;
    mod lan;
    mod later;
    mod leaving;
    mod long_press;
    mod looks;
    mod order;
    mod personal;
    mod pieces;
    mod popups;
    mod proxies;
    mod random_actions;
    mod ratings;
    mod reading;
    mod reading_aloud;
    mod reasoning;
    mod references;
    mod reloading;
    mod searching;
    mod settings;
    mod sharing;
    mod shortcuts;
    mod sidebar_width;
    mod single_keys;
    mod skeletons;
    mod stillness;
    mod stopping;
    #[cfg(debug_assertions)]
    mod styleguide;
    mod tabs;
    mod toasts;
    mod touch_targets;
    mod typesetting;
    mod writing;
}
