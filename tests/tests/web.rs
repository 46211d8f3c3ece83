//! Pages and forms as a browser without script gets them.

mod web {
    mod administration;
    mod branches;
    mod forms;
    mod languages;
    mod locales;
    mod pages;
    mod pieces;
    mod preferences;
    mod sharing;
    #[cfg(debug_assertions)]
    mod styleguide;
    mod sub_path;
}
