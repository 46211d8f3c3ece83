//! Pages and forms as a browser without script gets them.

mod web {
    mod administration;
    mod forms;
    mod languages;
    mod pages;
    mod pieces;
    mod preferences;
    mod sub_path;
}
