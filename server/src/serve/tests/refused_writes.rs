//! A database that cannot be written to: each request is told so, and the next one may succeed.

use super::*;

impl RunningServer {
    async fn execute(&self, sql: &'static str) {
        let done = sqlx::query(sql).execute(&self.store.writer).await;
        done.unwrap();
    }
}

/// Claims the server, as the page's script does.
async fn claim(server: &RunningServer) -> String {
    let token = server.set_up_token.as_deref().unwrap();
    let form = format!("token={token}&name=Ada&password=correct+horse+battery");
    let request = format!(
        "POST /api/set_up HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{form}",
        server.addr,
        form.len(),
    );
    ask(server, &request).await
}

async fn check(refusing: &'static str, taking: &'static str, reason: &str) {
    let (_folder, server) = start().await;
    server.execute(refusing).await;
    let refused = claim(&server).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("retry-after: 5"), "{refused}");
    assert!(refused.contains(reason), "{refused}");
    server.execute(taking).await;
    let claimed = claim(&server).await;
    assert!(claimed.starts_with("HTTP/1.1 200"), "{claimed}");
    server.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_is_told_in_a_sentence_and_forgotten() {
    check(
        "pragma query_only = 1",
        "pragma query_only = 0",
        "disk_full",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_holds_is_told_in_a_sentence_and_forgotten() {
    use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
    let (folder, server) = start().await;
    let options = SqliteConnectOptions::new().filename(folder.path().join("data/hearth.db"));
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();
    let refused = claim(&server).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("database_busy"), "{refused}");
    // Reading goes on meanwhile.
    assert!(get(&server, "/set-up").await.starts_with("HTTP/1.1 200"));
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    let claimed = claim(&server).await;
    assert!(claimed.starts_with("HTTP/1.1 200"), "{claimed}");
    server.shut_down().await;
}
