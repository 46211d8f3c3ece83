//! Ends an answer before a stop string, holding back text that may begin one.

/// What may be shown after a piece of text came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// This text is certain; the answer goes on.
    Text(String),
    /// This text is the last: a stop string began after it.
    Stopped(String),
}

/// The stop strings of one request and the text they hold back.
#[derive(Clone, Debug)]
pub struct StopStrings {
    /// None is empty.
    stops: Vec<String>,
    held_back: String,
}

impl StopStrings {
    /// Empty strings are ignored.
    pub fn new(stops: &[String]) -> Self {
        let stops = stops
            .iter()
            .filter(|stop| !stop.is_empty())
            .cloned()
            .collect();
        Self {
            stops,
            held_back: String::new(),
        }
    }

    /// Takes the next piece of the answer, gives what can no longer be part of a stop string.
    pub fn push(&mut self, text: &str) -> Released {
        if self.stops.is_empty() {
            return Released::Text(text.to_owned());
        }
        self.held_back.push_str(text);
        if let Some(start) = self.first_stop() {
            self.held_back.truncate(start);
            return Released::Stopped(std::mem::take(&mut self.held_back));
        }
        let kept = self.held_back.split_off(self.certain_bytes());
        Released::Text(std::mem::replace(&mut self.held_back, kept))
    }

    /// Ends the answer without a stop string: what was held back is text after all.
    pub fn finish(self) -> String {
        self.held_back
    }

    /// Where the stop string begins that is complete first; of two, the longer.
    ///
    /// Not the one that begins first: that would depend on how the text was cut into pieces.
    fn first_stop(&self) -> Option<usize> {
        self.stops
            .iter()
            .filter_map(|stop| {
                self.held_back
                    .find(stop.as_str())
                    .map(|start| (start + stop.len(), start))
            })
            .min()
            .map(|(_, start)| start)
    }

    /// Length of the part in which no stop string can have begun.
    fn certain_bytes(&self) -> usize {
        let text = &self.held_back;
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        text.char_indices()
            .map(|(position, _)| position)
            .filter(|position| text.len() - position < longest)
            .find(|&position| {
                self.stops
                    .iter()
                    .any(|stop| stop.starts_with(&text[position..]))
            })
            .unwrap_or(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Released {
        Released::Text(text.to_owned())
    }

    #[test]
    fn text_that_may_begin_a_stop_string_waits() {
        let mut stops = StopStrings::new(&["END".to_owned(), String::new()]);
        assert_eq!(stops.push("the E"), text("the "));
        assert_eq!(stops.push("N"), text(""));
        assert_eq!(stops.push("Emy EN"), text("ENEmy "));
        assert_eq!(stops.push("D of it"), Released::Stopped(String::new()));
    }

    #[test]
    fn held_back_text_comes_at_the_end() {
        let mut stops = StopStrings::new(&["\n\n".to_owned()]);
        assert_eq!(stops.push("a\n"), text("a"));
        assert_eq!(stops.finish(), "\n");
    }

    #[test]
    fn without_stop_strings_nothing_waits() {
        assert_eq!(StopStrings::new(&[]).push("END"), text("END"));
    }
}
