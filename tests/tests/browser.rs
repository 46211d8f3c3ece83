//! Hearth in Chromium, one test at a time.

mod browser {
    mod accessibility;
    mod administration;
    mod composing;
    mod conversation;
    mod exporting;
    mod interruption;
    mod lan;
    mod reloading;
    mod settings;
    mod stopping;
}
