//! A page in Chinese says nothing in English.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    deadline::eventually,
    running_server::{RunningServer, send_and_wait},
    web_client::{Answer, WebClient},
};
use reqwest::{Method, RequestBuilder};

/// What a model says of itself, in English, for administrators: it stands in code.
const REASON: &str = "the file of this model is broken in the middle";

/// Until it has said so.
const LIMIT: Duration = Duration::from_secs(20);

/// Elements whose content is no sentence of the page: programs, and what programs say.
const UNSAID: [&str; 3] = ["script", "style", "code"];

/// Attributes that are read to people.
const SAID: [&str; 4] = ["aria-label", "title", "placeholder", "alt"];

/// English words one after the other from here on are a sentence.
const SENTENCE_WORDS: usize = 4;

/// Every page that somebody can open.
pub(super) const PAGES: [&str; 28] = [
    "/",
    "/settings",
    "/settings/account",
    "/settings/keys",
    "/settings/exports",
    "/settings/import",
    "/settings/trash",
    "/settings/folders",
    "/settings/archive",
    "/settings/shared",
    "/admin",
    "/admin/people",
    "/admin/models",
    "/admin/usage",
    "/admin/ratings",
    "/admin/log",
    "/admin/upkeep",
    "/admin/backups",
    "/search",
    "/search?q=xyz",
    "/nothing",
    "/c/0192f0c1-2f3a-7000-8000-000000000001",
    "/c/0192f0c1-2f3a-7000-8000-000000000001/branches",
    "/c/0192f0c1-2f3a-7000-8000-000000000001/share",
    "/s/0192f0c1-2f3a-7000-8000-000000000001",
    "/exports/0192f0c1-2f3a-7000-8000-000000000001",
    "/files/0192f0c1-2f3a-7000-8000-000000000001",
    "/admin/log?before=nonsense",
];

fn in_chinese(request: RequestBuilder) -> RequestBuilder {
    request
        .header("accept", "text/html")
        .header("accept-language", "zh-CN")
}

async fn open(client: &WebClient, path: &str) -> Result<Answer> {
    let request = client.request(Method::GET, path);
    client.send(in_chinese(request)).await
}

/// Posts a form and reads what comes back, wherever it leads.
async fn post(client: &WebClient, path: &str, fields: &[(&str, String)]) -> Result<String> {
    let mut answer = client.send(in_chinese(client.form(path, fields))).await?;
    // The start page leads strangers on to the door.
    for _ in 0..3 {
        if !(300..400).contains(&answer.status) {
            break;
        }
        let place = answer.header("location");
        let place = place.strip_prefix(client.base_url()).unwrap_or(place);
        answer = open(client, place).await?;
    }
    Ok(answer.text())
}

/// Texts between tags and in attributes.
fn said(html: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = html;
    while let Some((text, tail)) = rest.split_once('<') {
        texts.push(text.to_owned());
        let (tag, tail) = tail.split_once('>').unwrap_or((tail, ""));
        for name in SAID {
            let value = tag.split_once(&format!(" {name}=\""));
            let value = value.and_then(|(_, value)| value.split_once('"'));
            texts.extend(value.map(|(value, _)| value.to_owned()));
        }
        let name = tag.split([' ', '\n', '/']).next().unwrap_or_default();
        rest = tail;
        if UNSAID.contains(&name) {
            let end = tail.split_once(&format!("</{name}>"));
            rest = end.map_or("", |(_, tail)| tail);
        }
    }
    texts.push(rest.to_owned());
    texts
}

/// Runs of English words.
fn english(text: &str) -> Option<&str> {
    let is_word = |word: &str| {
        let letters = word.trim_end_matches([',', '.', ':', ';']);
        !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_sentence = words
        .windows(SENTENCE_WORDS)
        .any(|words| words.iter().all(|word| is_word(word)));
    is_sentence.then_some(text)
}

fn assert_is_chinese(place: &str, html: &str) {
    assert!(html.contains("lang=\"zh-CN\""), "{place}: {html}");
    let texts = said(html);
    let found: Vec<_> = texts.iter().filter_map(|text| english(text)).collect();
    assert!(found.is_empty(), "{place} says {found:#?}");
}

#[test]
fn a_sentence_in_english_is_found_and_one_in_chinese_is_not() {
    let says = |html: &str| said(html).iter().any(|text| english(text).is_some());
    assert!(says("<p>The model did not load.</p>"));
    assert!(says(
        "<button aria-label=\"Close this message now\">×</button>"
    ));
    assert!(!says(
        "<p>模型加载失败：<code>the file is broken here</code></p>"
    ));
    assert!(!says(
        "<p>由 Hearth 导出</p><script>if a is b then c</script>"
    ));
}

#[tokio::test]
async fn no_page_in_chinese_says_a_sentence_in_english() -> Result<()> {
    let model = ScriptedModel::new(Vec::new()).with_load_failure(REASON);
    let (server, ada) = RunningServer::start(model).await?;
    server.upkeep_in_days(0).await;
    let models = eventually("the model has failed to load", LIMIT, async || {
        let models = open(&ada, "/admin/models").await?.text();
        Ok(models.contains(REASON).then_some(models))
    })
    .await?;
    assert_is_chinese("the models", &models);
    for path in PAGES {
        assert_is_chinese(path, &open(&ada, path).await?.text());
    }
    let stranger = server.client()?;
    for path in ["/sign-in", "/join?token=nothing", "/sign-up"] {
        assert_is_chinese(path, &open(&stranger, path).await?.text());
    }
    Ok(())
}

#[tokio::test]
async fn no_refusal_in_chinese_is_a_sentence_in_english() -> Result<()> {
    let model = ScriptedModel::new(Vec::new()).with_load_failure(REASON);
    let (server, ada) = RunningServer::start(model).await?;
    let field = |name: &'static str, value: &str| (name, value.to_owned());
    let unknown = "0192f0c1-2f3a-7000-8000-000000000001";
    let posts = [
        (
            "/api/send_message",
            vec![field("text", "Hi"), field("key", unknown)],
        ),
        ("/api/send_message", vec![field("text", "Hi")]),
        ("/api/delete_message", vec![field("message", "nonsense")]),
        ("/api/delete_conversation", vec![field("id", unknown)]),
        ("/api/switch_model", vec![field("file", "nothing.gguf")]),
        ("/api/delete_own_account", vec![field("password", "")]),
        (
            "/api/save_settings",
            vec![
                field("form[temperature][value]", "hot"),
                field("form[temperature][version]", "0"),
            ],
        ),
        ("/api/nothing", Vec::new()),
        ("/import", Vec::new()),
    ];
    for (path, fields) in posts {
        assert_is_chinese(path, &post(&ada, path, &fields).await?);
    }
    let stranger = server.client()?;
    let wrong = [field("name", "Ada"), field("password", "wrong password")];
    let refused = post(&stranger, "/api/sign_in", &wrong).await?;
    assert_is_chinese("signing in", &refused);
    let long = [field("text", &"a".repeat(2 << 20))];
    let refused = post(&ada, "/api/send_message", &long).await?;
    assert_is_chinese("a request that is too long", &refused);
    let none = open(&ada, "/exports/all/nothing").await?.text();
    assert_is_chinese("a file that is not there", &none);
    Ok(())
}

#[tokio::test]
async fn a_title_in_another_language_than_the_page_says_so() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let english = send_and_wait(&ada, None, "Kids’ birthday").await?;
    let chinese = send_and_wait(&ada, None, "孩子的生日").await?;
    let page = open(&ada, &format!("/c/{}", english.conversation.id)).await?;
    let page = page.text();
    for start in ["class=\"conversation-title\"", "id=\"title-button\""] {
        assert_eq!(language_of(&page, start, "Kids’ birthday")?, Some("en"));
    }
    let row = "class=\"conversation-title\"";
    assert_eq!(language_of(&page, row, "孩子的生日")?, None);
    let path = format!("/c/{}", chinese.conversation.id);
    let page = ada.get(&path).await?.text();
    assert_eq!(language_of(&page, row, "Kids’ birthday")?, None);
    for start in [row, "id=\"title-button\""] {
        assert_eq!(language_of(&page, start, "孩子的生日")?, Some("zh-CN"));
    }
    Ok(())
}

/// The `lang` of the element that has this attribute and this text.
fn language_of<'a>(page: &'a str, attribute: &str, text: &str) -> Result<Option<&'a str>> {
    let mut tags = page.split('<').filter_map(|tag| tag.split_once('>'));
    let found = tags.find(|(tag, content)| tag.contains(attribute) && *content == text);
    let (tag, _) = found.with_context(|| format!("{attribute} says {text}: {page}"))?;
    let lang = tag.split_once(" lang=\"").map(|(_, lang)| lang);
    Ok(lang.and_then(|lang| lang.split('"').next()))
}
