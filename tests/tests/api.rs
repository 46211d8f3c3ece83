//! Laws of the server, asked over HTTP by a client that is no browser.

mod api {
    mod authorisation;
    mod backups;
    mod branches;
    mod changes;
    mod commands;
    mod conversation_settings;
    mod cross_site;
    mod deletion;
    mod exports;
    mod extract;
    mod files;
    mod hostile;
    mod imports;
    mod limits;
    mod locked_database;
    mod metrics;
    mod model_commands;
    mod models;
    mod openai;
    mod order;
    mod own_account;
    mod people;
    mod personal;
    mod proxies;
    mod ratings;
    mod request_ids;
    mod searching;
    mod sessions;
    mod set_up;
    mod settings;
    mod sharing;
    mod slow_clients;
    mod streaming;
    mod tails;
    mod turns;
    mod waiting;
}
