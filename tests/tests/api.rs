//! Laws of the server, asked over HTTP by a client that is no browser.

mod api {
    mod authorisation;
    mod cross_site;
    mod exports;
    mod imports;
    mod limits;
    mod sessions;
    mod set_up;
    mod streaming;
    mod turns;
    mod waiting;
}
