//! Whether SQL that a person wrote can stand in parentheses and stay in there.

/// Holds where it can: what is opened is closed, and nothing ends the statement or hides what follows. Else why not.
pub(super) fn check(sql: &str) -> Result<(), &'static str> {
    let mut open = 0_u32;
    let mut characters = sql.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\0', _) => return Err("it holds a NUL"),
            (';', _) => return Err("it holds a semicolon"),
            ('-', Some('-')) | ('/', Some('*')) => return Err("it holds a comment"),
            ('$', Some('$')) => return Err("it holds a dollar quote"),
            ('\'' | '"' | '`', _) => {
                if character == '\'' && before.eq_ignore_ascii_case(&'e') {
                    return Err("it holds a text with escapes, E'…'");
                }
                // A doubled quote ends one text and begins the next, which comes to the same.
                if !characters.by_ref().any(|next| next == character) {
                    return Err("a quote is not closed");
                }
            }
            ('(', _) => open += 1,
            (')', _) => open = open.checked_sub(1).ok_or("a parenthesis is closed that was not opened")?,
            _ => {}
        }
        before = character;
    }
    if open == 0 { Ok(()) } else { Err("a parenthesis is not closed") }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_stays_in_parentheses_is_let_through() {
        for sql in
            ["a = 'it''s; -- fine ('", "\"a;b\" > 1 and (b = 2 or c in ('x', ')'))", "a - 1 > b / 2", "a = 'x'", "name='e'"]
        {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
        let refused = [
            "1 = 1) OR (1 = 1",
            "a = 'x",
            "a = \"x",
            "(a = 1",
            "a = 1; select 2",
            "a = 1 -- b",
            "a /* b",
            "a = E'\\' OR 1=1 --'",
            "a = $$)$$",
            "a\0",
        ];
        for sql in refused {
            assert!(check(sql).is_err(), "{sql}");
        }
    }
}
