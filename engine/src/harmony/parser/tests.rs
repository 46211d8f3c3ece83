use super::*;
use crate::harmony::word_vocabulary::WordVocabulary;

/// Events as one line: `analysis[text] commentary>functions.x[arguments] call(x) done`.
fn line(events: &[Event]) -> String {
    let mut line = String::new();
    let mut text = Vec::new();
    for event in events {
        match event {
            Event::MessageStarted { channel, recipient } => {
                let recipient = recipient.iter().map(|name| format!(">{name}"));
                line += channel.name();
                line.extend(recipient);
                line.push('[');
            }
            Event::Text { token, .. } => text.push(*token),
            Event::MessageEnded => {
                line += &WordVocabulary::decode(&std::mem::take(&mut text));
                line += "] ";
            }
            Event::ToolCall { name } => line.extend(["call(", name, ") "]),
            Event::Finished => line += "done",
        }
    }
    line
}

fn read_on(parser: &mut HarmonyParser, answer: &str) -> String {
    let ids = WordVocabulary::encode_marked(answer);
    let mut events: Vec<Event> = ids
        .into_iter()
        .flat_map(|id| parser.push(id, &WordVocabulary))
        .collect();
    events.extend(parser.finish());
    line(&events)
}

/// `answer` is what follows `<|start|>assistant`.
#[track_caller]
fn check(answer: &str, expected: &str) {
    let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
    assert_eq!(read_on(&mut parser, answer), expected, "{answer}");
}

#[test]
fn a_usual_answer_is_reasoning_then_text() {
    check(
        "<|channel|>analysis<|message|>The river<|end|><|start|>assistant\
         <|channel|>final<|message|>The river runs.<|return|>",
        "analysis[The river] final[The river runs.] done",
    );
    check(
        "<|channel|>commentary<|message|>The river<|end|>",
        "commentary[The river] done",
    );
    check("<|channel|>final<|message|><|return|>", "final[] done");
    check(
        "<|channel|>final<|message|>The<|endoftext|>",
        "final[The] done",
    );
}

#[test]
fn a_call_is_understood_in_every_spelling() {
    let expected = "commentary>functions.web-browsing[{\"a\":1}] call(web-browsing) done";
    for header in [
        "<|channel|>commentary to=functions.web-browsing <|constrain|>json",
        "<|channel|>commentary to=functions.web-browsing<|constrain|>json",
        "<|channel|>commentary to=functions.web-browsing json",
        "<|channel|>commentary to=functions.web-browsing",
        "<|channel|>commentary to=functions.web-browsing <|constrain|>",
        "<|channel|>commentary <|constrain|>json to=functions.web-browsing",
        "<|channel|>commentaryto=functions.web-browsing code",
        " to=functions.web-browsing<|channel|>commentary json",
        " to=functions.web-browsing<|channel|>commentary <|constrain|>json",
        " to=functions.web-browsing<|channel|>final",
        " to=functions.web-browsing",
        "commentary to=functions.web-browsing",
        "<|channel|>final to=functions.web-browsing",
        "<|channel|>commentary to=functions.web to=functions.web-browsing",
        "<|channel|>commentary to=assistant<|channel|>commentary to=functions.web-browsing",
        "<|start|>assistant to=functions.web-browsing<|channel|>commentary",
    ] {
        check(&format!("{header}<|message|>{{\"a\":1}}<|call|>"), expected);
    }
    check(
        "<|channel|>analysis to=python code<|message|>The<|call|>",
        "analysis>python[The] call(python) done",
    );
}

#[test]
fn a_call_needs_no_call_token_but_an_end() {
    let call = "<|channel|>commentary to=functions.x<|message|>{}";
    check(call, "commentary>functions.x[{}] done");
    check(
        &format!("{call}<|return|>"),
        "commentary>functions.x[{}] call(x) done",
    );
    check(
        &format!("{call}<|end|><|start|>assistant<|channel|>final<|message|>The<|return|>"),
        "commentary>functions.x[{}] call(x) final[The] done",
    );
    check(
        "<|channel|>commentary to=functions.x<|call|>",
        "commentary>functions.x[] call(x) done",
    );
    check("<|channel|>final<|message|>The<|call|>", "final[The] done");
}

#[test]
fn arguments_may_begin_without_a_message_token() {
    for header in [
        "<|channel|>commentary to=functions.x",
        "<|channel|>commentary to=functions.x ",
        "<|channel|>commentary to=functions.x <|constrain|>json",
        " to=functions.x json",
    ] {
        check(
            &format!("{header}{{\"a\": [1]}}<|call|>"),
            "commentary>functions.x[{\"a\": [1]}] call(x) done",
        );
    }
    check(
        "<|channel|>commentary to=functions.x run(1) now<|call|>",
        "commentary>functions.x[run(1) now] call(x) done",
    );
}

#[test]
fn an_answer_without_a_header_is_text() {
    check("The river runs.<|return|>", "final[The river runs.] done");
    check("The", "final[The] done");
    check("{\"a\": 1}<|return|>", "final[{\"a\": 1}] done");
    check("<|message|>The river<|return|>", "final[The river] done");
    check("final river runs<|return|>", "final[final river runs] done");
    check("to=x river<|return|>", "final[to=x river] done");
    check("to=x {} river<|return|>", "final[to=x {} river] done");
    check("assist<|return|>", "final[assist] done");
    check("<|channel|>final river<|return|>", "final[ river] done");
    check("<|channel|>analysis river<|end|>", "analysis[ river] done");
    check(
        "<|channel|>The river runs<|end|>",
        "analysis[The river runs] done",
    );
    check(
        "<|channel|>final code river runs<|end|>",
        "final[ code river runs] done",
    );
}

#[test]
fn what_no_header_can_say_leaves_the_answer_alone() {
    let answer = "<|message|>The river<|return|>";
    for (header, expected) in [
        (
            "<|channel|>thought",
            "analysis[thought] final[The river] done",
        ),
        ("<|channel|>finalx", "analysis[x] final[The river] done"),
        ("<|channel|>final??", "analysis[??] final[The river] done"),
        ("<|channel|>", "final[The river] done"),
        ("<|channel|>final json", "final[The river] done"),
        (
            "<|channel|>final <|constrain|>json",
            "final[The river] done",
        ),
        (
            "<|channel|>final <|constrain|>poem",
            "analysis[poem] final[The river] done",
        ),
        (
            "<|channel|>analysis<|channel|>final",
            "final[The river] done",
        ),
        (
            "<|start|>assistant<|start|>assistant<|channel|>final",
            "final[The river] done",
        ),
    ] {
        check(&format!("{header}{answer}"), expected);
    }
    check(
        "<|channel|>thought to=functions.x slowly<|message|>{}<|call|>",
        "analysis[thought slowly] commentary>functions.x[{}] call(x) done",
    );
}

#[test]
fn words_behind_the_name_of_the_final_channel_are_no_answer_where_a_message_follows() {
    let expected = "analysis[ river runs] final[The] done";
    for header in [
        "<|channel|>final river runs",
        "<|channel|>final <|constrain|>json river runs",
        "<|channel|>final river<|constrain|> runs",
        "<|channel|>final river runs<|channel|>",
        "<|channel|>final river runs<|channel|>final",
        "<|channel|>final river runs<|channel|>final json",
        "<|channel|>final river runs<|end|>",
        "<|channel|>final river runs<|end|>\n<|start|>assistant<|channel|>final",
        "<|start|>assistant final river runs",
    ] {
        check(&format!("{header}<|message|>The<|return|>"), expected);
    }
    check(
        "<|channel|>final river runs<|channel|>commentary to=functions.x<|message|>{}<|call|>",
        "analysis[ river runs] commentary>functions.x[{}] call(x) done",
    );
    check(
        "<|channel|>final river runs<|end|><|start|>assistant<|channel|>analysis<|message|>The",
        "analysis[ river runs] analysis[The] done",
    );
}

#[test]
fn words_behind_the_name_of_the_final_channel_are_the_answer_where_no_message_follows() {
    for end in [
        "",
        "<|return|>",
        "<|end|>",
        "<|end|><|return|>",
        "<|end|><|end|>\n<|endoftext|>",
        "<|end|><|start|>assistant<|return|>",
        "<|end|><|start|>assistant<|channel|>",
    ] {
        check(
            &format!("<|channel|>final river runs{end}"),
            "final[ river runs] done",
        );
    }
    let long = " river".repeat(50);
    let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
    let ids = WordVocabulary::encode_marked(&format!("<|channel|>final{long}"));
    let events = ids
        .into_iter()
        .flat_map(|id| parser.push(id, &WordVocabulary));
    let events: Vec<Event> = events.collect();
    assert!(!events.is_empty(), "longer than any header");
    assert_eq!(
        line(&[events, parser.finish()].concat()),
        format!("final[{long}] done")
    );
}

#[test]
fn what_stays_in_a_call_without_a_name_is_not_shown() {
    let call = "<|channel|>commentary to=functions.x<|message|>{}<|channel|>";
    let read = "commentary>functions.x[{}] call(x)";
    for (rest, expected) in [
        ("<|message|>The<|end|>", "analysis[The]"),
        ("thought<|message|>The", "analysis[thought] analysis[The]"),
        ("commentary<|message|>The", "commentary[The]"),
        ("final<|message|>The", "final[The]"),
    ] {
        check(&format!("{call}{rest}"), &format!("{read} {expected} done"));
    }
    check(
        "<|channel|>commentary<|message|>The<|channel|><|message|> river",
        "commentary[The] commentary[ river] done",
    );
}

#[test]
fn a_broken_header_does_not_break_what_follows() {
    let rest = "<|end|><|start|>assistant<|channel|>final<|message|>The<|return|>";
    for (header, junk) in [
        ("<|channel|>??", "??"),
        ("<|channel|>I will think", "I will think"),
        ("<|channel|>commentary?commentary?", "?commentary?"),
        ("<|channel|>commentary river runs", " river runs"),
        (
            "<|channel|>commentary to=assistant<|channel|>commentary?",
            "?",
        ),
        ("<|channel|>final??", "??"),
        ("<|channel|><|channel|>thought", "thought"),
        ("<|channel|>The<|constrain|>poem", "Thepoem"),
        ("<|start|>assistant river runs", " river runs"),
        ("<|start|>??", "??"),
        ("<|channel|>thought slowly", "thought slowly"),
    ] {
        let expected = format!("analysis[{junk}] final[The] done");
        check(&format!("{header}{rest}"), &expected);
    }
    check(&format!("<|channel|>analysis{rest}"), "final[The] done");
}

#[test]
fn a_message_may_follow_without_a_start() {
    let analysis = "<|channel|>analysis<|message|>The<|end|>";
    for (rest, expected) in [
        (" river runs<|return|>", "final[ river runs]"),
        (
            "<|channel|>final<|message|> river<|return|>",
            "final[ river]",
        ),
        (
            "assistant<|channel|>final<|message|> river<|return|>",
            "final[ river]",
        ),
        ("commentary<|message|> river<|end|>", "commentary[ river]"),
        (
            "\n<|start|>assistant<|channel|>final<|message|> river",
            "final[ river]",
        ),
        ("<|message|> river<|end|>", "final[ river]"),
        ("<|end|><|end|> river", "final[ river]"),
    ] {
        check(
            &format!("{analysis}{rest}"),
            &format!("analysis[The] {expected} done"),
        );
    }
}

#[test]
fn a_message_may_lack_its_end() {
    check(
        "<|channel|>analysis<|message|>The<|channel|>final<|message|> river<|return|>",
        "analysis[The] final[ river] done",
    );
    check(
        "<|channel|>analysis<|message|>The<|start|>assistant<|channel|>final<|message|> river",
        "analysis[The] final[ river] done",
    );
    check(
        "<|channel|>analysis<|message|>The<|channel|> river runs slowly",
        "analysis[The] analysis[ river runs slowly] done",
    );
}

#[test]
fn tokens_out_of_place_change_nothing() {
    check(
        "<|reserved|><|channel|>final<|reserved|><|message|>The<|message|><|constrain|> river\
         <|reserved|><|return|> runs",
        "final[The river] done",
    );
    check("<|end|><|constrain|><|return|>", "done");
    check("<|return|>", "done");
    check("", "done");
}

#[test]
fn a_part_played_for_somebody_else_is_not_the_answer() {
    let answer = "<|channel|>final<|message|>The<|end|>";
    check(
        &format!("{answer}<|start|>user<|message|> river<|end|>"),
        "final[The] analysis[ river] done",
    );
    check(
        &format!("{answer}<|start|>functions.x to=assistant<|channel|>commentary<|message|>1"),
        "final[The] analysis[1] done",
    );
    check(
        &format!("{answer}<|start|>user:anna<|message|> river<|end|>"),
        "final[The] analysis[ river] done",
    );
    check(
        &format!("{answer}<|start|>python to=assistant<|channel|>commentary<|message|>1"),
        "final[The] analysis[python] analysis[1] done",
    );
}

#[test]
fn text_is_said_as_soon_as_it_is_certain() {
    let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
    let mut push = |text: &str| -> Vec<Event> {
        let ids = WordVocabulary::encode_marked(text);
        let events = ids
            .into_iter()
            .flat_map(|id| parser.push(id, &WordVocabulary));
        events.collect()
    };
    assert_eq!(line(&push("<|channel|>final")), "");
    assert_eq!(line(&push("<|message|>")), "final[");
    assert_eq!(push(" river").len(), 1);
    assert_eq!(line(&push("<|end|>")), "] ");
    assert_eq!(push("The").len(), 2);
}

#[test]
fn a_header_without_end_is_no_answer() {
    let header = format!("<|channel|>commentary to=functions.{}", "x".repeat(300));
    let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
    let line = read_on(&mut parser, &header);
    assert_eq!(
        line,
        format!("analysis[{}] done", &header["<|channel|>".len()..])
    );
}
