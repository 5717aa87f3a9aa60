//! Regular expressions as RE2 writes them, anchored at both ends.
//!
//! The engine below is linear in the text, as RE2 is, and reads nearly the same syntax. What it reads otherwise is rewritten here:
//! Unicode's categories and scripts (`\p{L}`) are classes of ranges ([`unicode`]), RE2's `\d \s \w \b` are of ASCII, a `[` in a class is a bracket, `&&` and `~~` in it are characters, and `\Q...\E` is literal.

pub mod unicode;

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
    let rewritten = rewrite(pattern)?;
    let build =
        |text: &str| RegexBuilder::new(text).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).nest_limit(NEST_LIMIT).build();
    build(&rewritten).and_then(|_| build(&format!("^(?:{rewritten})$"))).map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => format!("the expression takes more than {limit} bytes when compiled"),
        error => {
            let text = error.to_string();
            text.rsplit("error: ").next().unwrap_or(&text).trim().to_owned()
        }
    })
}

/// RE2's syntax in the words of the engine.
fn rewrite(pattern: &str) -> Result<String, String> {
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
            if matches!(escaped, 'p' | 'P') {
                rest = category(rest, escaped == 'P', &mut out)?;
                class = class.map(|_| false);
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
    Ok(out)
}

/// Appends what stands behind `\p` or `\P` as a class. What follows it.
fn category<'a>(text: &'a str, is_negated: bool, out: &mut String) -> Result<&'a str, String> {
    let (name, rest) = match text.strip_prefix('{') {
        Some(text) => text.split_once('}').ok_or(r"expected `}` behind the name of a category, as in \p{L}")?,
        None => text.split_at_checked(text.chars().next().map_or(0, char::len_utf8)).unwrap_or_default(),
    };
    let (own, is_not) = name.strip_prefix('^').map_or((name, false), |own| (own, true));
    if unicode::write_class(own, is_negated != is_not, out) {
        Ok(rest)
    } else {
        Err(format!("expected a category or script of Unicode, as in \\p{{L}} or \\p{{Greek}}, but found `{name}`"))
    }
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
            (r"\p{L}+", "a\u{e9}\u{3b1}", "a1"),
            (r"\pN\PN", "1a", "11"),
            (r"\p{Greek}+", "\u{3b1}\u{3c9}", "a"),
            (r"\p{^Greek}\P{^Greek}", "a\u{3b1}", "aa"),
            (r"[\p{Lu}\d_]+", "A_\u{c9}1", "a"),
            (r"[^\p{Lu}\P{L}]+", "a\u{e9}", "A"),
            (r"(?i)\p{Lu}", "a", "1"),
            (r"\P{Cs}\p{Any}", "ab", "a"),
            (r"a|\p{Cs}", "a", "b"),
            (r"[\p{Cs}b]", "b", "a"),
            (r"[]\pL]+", "]a", "1"),
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
        for pattern in
            ["(", "a)(b", "[a", "*", "a{2000}{2000}", r"\p{Lx}", r"\p{L", r"\p", r"\p{}", r"\p{greek}", "(?=a)", r"(a)\1"]
        {
            let error = compile(pattern).err().unwrap_or_default();
            assert!(!error.is_empty() && !error.contains('\n'), "{pattern}: {error:?}");
        }
    }
}
