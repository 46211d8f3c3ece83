//! Laws of the server, asked over HTTP by a client that is no browser.

mod api {
    mod authorisation;
    mod cross_site;
    mod limits;
    mod own_account;
    mod sessions;
    mod set_up;
    mod streaming;
    mod turns;
    mod waiting;
}
