//! Regular expressions as RE2 writes them, anchored at both ends.
//!
//! The engine below is linear in the text, as RE2 is, and reads nearly the same syntax. What it reads otherwise is rewritten here:
//! Unicode's categories and scripts (`\p{L}`) are not known: their tables would be a good part of a first visit (Cargo.toml).
//! RE2's `\d \s \w \b` are of ASCII, a `[` in a class is a bracket, `&&` and `~~` in it are characters, and `\Q...\E` is literal.

use regex::{Regex, RegexBuilder};

/// Bytes that a compiled expression may take, and again its lazily built automaton.
const SIZE_LIMIT: usize = 1 << 20;

/// Groups within groups.
const NEST_LIMIT: u32 = 128;

/// Compiles an expression that is to match the whole of a value.
///
/// The error is the reason, in words.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    // By itself first: in parentheses `a)(b` would be sound.
    let rewritten = rewrite(pattern);
    let build =
        |text: &str| RegexBuilder::new(text).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).nest_limit(NEST_LIMIT).build();
    build(&rewritten).and_then(|_| build(&format!("^(?:{rewritten})$"))).map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => format!("the expression takes more than {limit} bytes when compiled"),
        error => {
            let text = error.to_string();
            let reason = text.rsplit("error: ").next().unwrap_or(&text).trim();
            if reason.starts_with("Unicode property") {
                return r"Unicode's categories and scripts, as in \p{L}, are not known here: write ranges of characters"
                    .to_owned();
            }
            reason.to_owned()
        }
    })
}

/// RE2's syntax in the words of the engine.
fn rewrite(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    // In a class: whether nothing but `^` has come yet, when a `]` is itself.
    let mut class: Option<bool> = None;
    while let Some(char) = rest.chars().next() {
        let tail = rest.get(char.len_utf8()..).unwrap_or_default();
        rest = tail;
        if char == '\\' {
            let Some(escaped) = tail.chars().next() else {
                out.push('\\');
                break;
            };
            rest = tail.get(escaped.len_utf8()..).unwrap_or_default();
            if escaped == 'Q' && class.is_none() {
                let (literal, after) = rest.split_once("\\E").unwrap_or((rest, ""));
                out.push_str(&regex::escape(literal));
                rest = after;
                continue;
            }
            let ascii = match (escaped, class.is_some()) {
                ('d', true) => "0-9",
                ('w', true) => "0-9A-Za-z_",
                ('s', true) => r"\t\n\f\r ",
                ('d', false) => "[0-9]",
                ('w', false) => "[0-9A-Za-z_]",
                ('s', false) => r"[\t\n\f\r ]",
                ('D', _) => "[^0-9]",
                ('W', _) => "[^0-9A-Za-z_]",
                ('S', _) => r"[^\t\n\f\r ]",
                ('b', false) => r"(?-u:\b)",
                ('B', false) => r"(?-u:\B)",
                _ => "",
            };
            if ascii.is_empty() {
                out.push('\\');
                out.push(escaped);
            } else {
                out.push_str(ascii);
            }
            class = class.map(|_| false);
            continue;
        }
        match class {
            None => {
                out.push(char);
                if char == '[' {
                    class = Some(true);
                    if let Some(after) = rest.strip_prefix('^') {
                        out.push('^');
                        rest = after;
                    }
                }
            }
            Some(true) if char == ']' => {
                out.push_str(r"\]");
                class = Some(false);
            }
            Some(_) if char == ']' => {
                out.push(']');
                class = None;
            }
            Some(_) => {
                class = Some(false);
                match char {
                    // A class of POSIX is copied with its end, which is no end of the class around it.
                    '[' if rest.starts_with(':') && rest.contains(":]") => {
                        let (name, after) = rest.split_once(":]").unwrap_or((rest, ""));
                        out.push('[');
                        out.push_str(name);
                        out.push_str(":]");
                        rest = after;
                    }
                    '[' | '&' | '~' => {
                        out.push('\\');
                        out.push(char);
                    }
                    _ => out.push(char),
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn reads_what_re2_reads() {
        for (pattern, matching, other) in [
            ("a.c", "abc", "abcd"),
            ("a|bc", "bc", "abc"),
            ("", "", "a"),
            (r"\d+", "42", "\u{664}\u{662}"),
            (r"\w+", "a_1", "\u{e9}"),
            (r"[\d\s]+", "4 2", "x"),
            (r"[^\D]", "4", "x"),
            ("(?i)\u{e9}A", "\u{c9}a", "eA"),
            (r"[[]x[]]", "[x]", "x"),
            ("[]a]+", "]a", "b"),
            ("[^]a]", "b", "]"),
            ("[a&&b]+", "a&b", "c"),
            ("[[:alpha:]&~]+", "a&~", "1"),
            (r"a\Q.*\Eb", "a.*b", "axxb"),
            (r"a\b.*", "a b", "ab"),
            (r"a\Bb", "ab", "a b"),
            (r"(?s).*", "a\nb", ""),
            (r"/api/v\d+/.*", "/api/v1/x", "/api/vx/"),
            (r"(?P<n>x)", "x", "y"),
            (r"\x41\x{e9}", "A\u{e9}", "A"),
        ] {
            let regex = compile(pattern);
            assert!(regex.is_ok(), "{pattern}: {regex:?}");
            let Ok(regex) = regex else { continue };
            assert!(regex.is_match(matching), "{pattern} on {matching:?}");
            assert_eq!(regex.is_match(other), other.is_empty() && pattern.starts_with("(?s)"), "{pattern} on {other:?}");
        }
    }

    #[test]
    fn says_why_it_does_not_compile() {
        for pattern in ["(", "a)(b", "[a", "*", "a{2000}{2000}", r"\p{L}", "(?=a)", r"(a)\1"] {
            let error = compile(pattern).err().unwrap_or_default();
            assert!(!error.is_empty() && !error.contains('\n'), "{pattern}: {error:?}");
        }
    }
}
