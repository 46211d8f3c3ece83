//! Laws of the server, asked over HTTP by a client that is no browser.

mod api {
    mod authorisation;
    mod conversation_settings;
    mod cross_site;
    mod deletion;
    mod exports;
    mod hostile;
    mod imports;
    mod limits;
    mod locked_database;
    mod models;
    mod openai;
    mod own_account;
    mod people;
    mod proxies;
    mod sessions;
    mod set_up;
    mod settings;
    mod slow_clients;
    mod streaming;
    mod turns;
    mod waiting;
}
