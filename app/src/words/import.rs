//! What is wrong with a file that cannot be imported.

use super::{Locale, errors::refusal, words};
use crate::model::{ImportFault, ImportProblem};

/// The place, as the file names it, and what is wrong there.
pub(crate) fn problem(locale: Locale, problem: ImportProblem) -> String {
    let fault = fault(locale, problem.fault);
    if problem.place.is_empty() {
        return fault;
    }
    words!(locale, faults.at, place = problem.place, fault = fault)
}

fn fault(locale: Locale, fault: ImportFault) -> String {
    let fixed = match fault {
        ImportFault::Empty => words!(locale, faults.empty),
        ImportFault::ParentIsNoQuestion => words!(locale, faults.parent_is_no_question),
        ImportFault::OnlyInAnswers => words!(locale, faults.only_in_answers),
        ImportFault::NotFinished => words!(locale, faults.not_finished),
        ImportFault::Changed => words!(locale, faults.changed),
        ImportFault::OtherThanListed => words!(locale, faults.other_than_listed),
        ImportFault::ChangedMeanwhile => words!(locale, faults.changed_meanwhile),
        ImportFault::OtherNumber => words!(locale, faults.other_number),
        ImportFault::CutOff => words!(locale, faults.cut_off),
        ImportFault::Circle => words!(locale, faults.circle),
        ImportFault::NothingInIt => words!(locale, faults.nothing_in_it),
        ImportFault::Refused(it) => return refusal(locale, it),
        other => return fault_with_details(locale, other),
    };
    fixed.to_owned()
}

fn fault_with_details(locale: Locale, fault: ImportFault) -> String {
    match fault {
        ImportFault::NotJson { detail } => words!(locale, faults.not_json, detail = detail),
        ImportFault::NotOurs { schema } => words!(locale, faults.not_ours, schema = schema),
        ImportFault::OtherVersion { found, read } => {
            words!(locale, faults.other_version, found = found, read = read)
        }
        ImportFault::Unexpected { detail } => words!(locale, faults.unexpected, detail = detail),
        ImportFault::SomethingFollows { detail } => {
            words!(locale, faults.something_follows, detail = detail)
        }
        ImportFault::TooManyChars { chars, limit } => {
            words!(locale, faults.too_many_chars, number = chars, limit = limit)
        }
        ImportFault::TooManyBytes { bytes, limit } => {
            words!(locale, faults.too_many_bytes, number = bytes, limit = limit)
        }
        ImportFault::TooMany { limit } => words!(locale, faults.too_many, limit = limit),
        ImportFault::NoSuchMessage { id } => {
            words!(locale, faults.no_such_message, id = id.to_string())
        }
        ImportFault::NoParentBefore { id } => {
            words!(locale, faults.no_parent_before, id = id.to_string())
        }
        ImportFault::Twice { id } => words!(locale, faults.twice, id = id.to_string()),
        ImportFault::DamagedArchive { detail } => {
            words!(locale, faults.damaged_archive, detail = detail)
        }
        ImportFault::TooMuchUnpacked { limit } => {
            words!(locale, faults.too_much_unpacked, limit = limit)
        }
        ImportFault::DamagedEntry { detail } => {
            words!(locale, faults.damaged_entry, detail = detail)
        }
        ImportFault::SameAs { place } => words!(locale, faults.same_as, place = place),
        other => fault_of_another_program(locale, other),
    }
}

fn fault_of_another_program(locale: Locale, fault: ImportFault) -> String {
    match fault {
        ImportFault::InConversation {
            number,
            title,
            problem: inner,
        } => {
            let fault = problem(locale, *inner);
            if title.is_empty() {
                return words!(locale, faults.in_untitled, number = number, fault = fault);
            }
            words!(
                locale,
                faults.in_conversation,
                number = number,
                title = title,
                fault = fault
            )
        }
        ImportFault::SameId { id } => words!(locale, faults.same_id, id = id),
        ImportFault::NoTime { found } => words!(locale, faults.no_time, found = found),
        ImportFault::OtherProgram { program } => {
            words!(locale, faults.other_program, program = program)
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_place_in_the_language_of_the_page() {
        let found = || ImportProblem {
            place: "messages/3/text".to_owned(),
            fault: ImportFault::TooManyBytes { bytes: 9, limit: 8 },
        };
        let english = "messages/3/text: has 9 bytes, at most 8 are accepted";
        assert_eq!(problem(Locale::en, found()), english);
        let chinese = "messages/3/text：有 9 字节，最多 8 字节";
        assert_eq!(problem(Locale::zh_CN, found()), chinese);
    }

    #[test]
    fn a_problem_of_another_program_names_its_conversation() {
        let found = |title: &str| ImportProblem {
            place: "conversations.json".to_owned(),
            fault: ImportFault::InConversation {
                number: 17,
                title: title.to_owned(),
                problem: Box::new(ImportProblem {
                    place: "mapping".to_owned(),
                    fault: ImportFault::Circle,
                }),
            },
        };
        let english = "conversations.json: conversation 17 “Rain”: mapping: the messages lead in a \
                       circle";
        assert_eq!(problem(Locale::en, found("Rain")), english);
        let untitled = "conversations.json：第 17 个对话：mapping：消息首尾相接，形成循环";
        assert_eq!(problem(Locale::zh_CN, found("")), untitled);
    }
}
