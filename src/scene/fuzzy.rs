//! How well what is typed fits a name of which it is an abbreviation: letters in order, of which those at the beginnings of words
//! and those next to each other count.

/// Letters of a name that are looked at; longer ones are told apart by their beginnings.
const MAX_CHARS: usize = 160;

/// For a letter that is found.
const LETTER: u32 = 1;
/// For one that begins a word, in place of that.
const WORD: u32 = 10;
/// For the very first, in place of that.
const FIRST: u32 = 12;
/// For one right behind the one before, on top: more than for beginning the next word.
const NEXT: u32 = 10;
/// Less than so much for each letter is chance: letters here and there.
const LEAST: u32 = 5;

/// How well `typed` fits `name`, more is better; `None` if it does not. Each of the words typed has to; nothing typed fits all.
pub fn fuzzy_score(typed: &str, name: &str) -> Option<u32> {
    let letters: Vec<(char, bool)> = letters(name);
    let mut score = 0_u32;
    for word in typed.split_whitespace() {
        score = score.saturating_add(word_score(word, &letters)?);
    }
    // Of two that fit as well, the shorter name is meant.
    let length = u32::try_from(letters.len()).unwrap_or(u32::MAX);
    Some(score.saturating_mul(256).saturating_add(255 - length.min(255)))
}

/// The letters of a name in lower case, and whether each begins a word.
fn letters(name: &str) -> Vec<(char, bool)> {
    let mut before = ' ';
    let mut all = Vec::new();
    for c in name.chars().take(MAX_CHARS) {
        let begins = c.is_alphanumeric() && (!before.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()));
        all.extend(c.to_lowercase().map(|c| (c, begins)));
        before = c;
    }
    all
}

/// The best of all ways to find the letters of a word in order.
fn word_score(word: &str, name: &[(char, bool)]) -> Option<u32> {
    // By place in the name: the most that the letters so far come to, if the last of them is found there.
    let mut best: Vec<Option<u32>> = Vec::new();
    let mut n = 0_u32;
    for typed in word.chars().flat_map(char::to_lowercase) {
        let mut next = Vec::with_capacity(name.len());
        // The most up to the place two before, and that of the one before.
        let (mut most, mut last) = (None, None);
        for (at, &(c, begins)) in name.iter().enumerate() {
            let gain = match (at, begins) {
                (0, _) => FIRST,
                (_, true) => WORD,
                (_, false) => LETTER,
            };
            let way = if n == 0 { Some(0) } else { most.max(last.map(|last: u32| last.saturating_add(NEXT))) };
            next.push(way.filter(|_| c == typed).map(|way: u32| way.saturating_add(gain)));
            most = most.max(last);
            last = best.get(at).copied().flatten();
        }
        best = next;
        n = n.saturating_add(1);
    }
    let score = best.into_iter().max().flatten()?;
    (n.saturating_mul(LEAST) <= score).then_some(score)
}

#[cfg(test)]
mod tests {
    use super::fuzzy_score;

    /// The names that fit, the best first.
    fn check(typed: &str, names: &[&str], expected: &[&str]) {
        let mut found: Vec<(u32, &str)> =
            names.iter().filter_map(|name| fuzzy_score(typed, name).map(|score| (score, *name))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        assert_eq!(found.into_iter().map(|(_, name)| name).collect::<Vec<_>>(), expected, "{typed}");
    }

    const NAMES: [&str; 9] = [
        "Zoom in",
        "Zoom out",
        "Zoom to the span",
        "Service map",
        "Fold all",
        "Unfold all",
        "Show the critical path",
        "Theme: dark",
        "Export what is shown",
    ];

    #[test]
    fn abbreviations_and_parts_of_words_fit() {
        check("zoom", &NAMES, &["Zoom in", "Zoom out", "Zoom to the span"]);
        check("zi", &NAMES, &["Zoom in"]);
        check("zts", &NAMES, &["Zoom to the span"]);
        check("MAP", &NAMES, &["Service map"]);
        check("map serv", &NAMES, &["Service map"]);
        check("crit", &NAMES, &["Show the critical path"]);
        check("dark", &NAMES, &["Theme: dark"]);
        // A whole word before a part of one.
        check("fold", &NAMES, &["Fold all", "Unfold all"]);
        check("port", &NAMES, &["Export what is shown"]);
        check("shop", &["shop POST /pay", "shop", "a shop"], &["shop", "shop POST /pay", "a shop"]);
    }

    #[test]
    fn letters_here_and_there_do_not_fit() {
        check("xyz", &NAMES, &[]);
        check("eia", &NAMES, &[]);
        check("zoom map", &NAMES, &[]);
        check("ooz", &NAMES, &[]);
    }

    #[test]
    fn nothing_typed_fits_all_the_shorter_first() {
        check(" ", &["Service map", "Map"], &["Map", "Service map"]);
        check("a", &[""], &[]);
    }

    #[test]
    fn words_begin_at_capitals_and_marks_too() {
        check("gc", &["GetCart", "digicam", "get-cart"], &["GetCart", "get-cart"]);
        check("ÜB", &["Überblick"], &["Überblick"]);
        check("s", &["ſtraße", "a very long name ".repeat(40).as_str()], &[]);
    }
}
