//! Names with `*` in them.

/// Whether all of `text` fits `pattern`, in which each `*` stands for any bytes, or none. Case of ASCII letters does not matter.
pub(super) fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut rest, mut left) = (pattern, text);
    // Where to go on when a star has to take one byte more: what stands behind it, and from where.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (rest.split_first(), left.split_first()) {
            (Some((b'*', behind)), _) => {
                retry = Some((behind, left));
                rest = behind;
                continue;
            }
            (Some((expected, more)), Some((found, others))) if expected.eq_ignore_ascii_case(found) => {
                (rest, left) = (more, others);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        // Only the last star needs to give way: what an earlier one could take, it could take as well.
        let Some((behind, from)) = retry else { return false };
        let Some((_, from)) = from.split_first() else { return false };
        retry = Some((behind, from));
        (rest, left) = (behind, from);
    }
}

/// Whether `text` holds `needle`; case of ASCII letters does not matter. Gives where.
pub(super) fn find_ascii(text: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    text.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_take_any_bytes() {
        for (pattern, text, expected) in [
            ("user.*", "user.email", true),
            ("user.*", "user", false),
            ("*.password", "db.PASSWORD", true),
            ("*.password", "password", false),
            ("*token*", "a.token.b", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a**b", "ab", true),
        ] {
            assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
