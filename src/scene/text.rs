//! Laying out texts that machines wrote in one line, so that people can read them: JSON and SQL.
//!
//! Only white space is changed, and never inside a string; so what is shown is what was there, also where it is not valid.

/// Deeper nesting is not indented further.
const DEPTH_MAX: usize = 40;
/// Longer texts are left as they are.
pub const LAYOUT_BYTES_MAX: usize = 1 << 20;

/// Whether a text looks like a JSON object or array with something in it.
pub fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    let pair = (text.chars().next(), text.chars().next_back());
    matches!(pair, (Some('{'), Some('}')) | (Some('['), Some(']'))) && text.len() > 4
}

/// JSON with one value per line. Empty objects and arrays stay on one.
pub fn layout_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut chars = text.trim().chars().peekable();
    let mut in_string = false;
    while let Some(letter) = chars.next() {
        if in_string {
            out.push(letter);
            match letter {
                '\\' => out.extend(chars.next()),
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match letter {
            '"' => {
                in_string = true;
                out.push(letter);
            }
            '{' | '[' => {
                out.push(letter);
                while chars.next_if(|next| next.is_whitespace()).is_some() {}
                let close = if letter == '{' { '}' } else { ']' };
                if let Some(close) = chars.next_if_eq(&close) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter if letter.is_whitespace() => {}
            letter => out.push(letter),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(DEPTH_MAX) {
        out.push_str("  ");
    }
}

/// Words of SQL that begin a line.
const SQL_LINES: [&str; 22] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "INNER JOIN",
    "LEFT JOIN",
    "LEFT OUTER JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "CROSS JOIN",
    "JOIN",
    "UNION",
    "VALUES",
    "SET",
    "ON CONFLICT",
    "RETURNING",
    "INSERT INTO",
    "ON DUPLICATE KEY",
];

/// SQL with a line per clause. Texts that have lines already stay as they are.
pub fn layout_sql(text: &str) -> String {
    let text = text.trim();
    if text.contains('\n') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut quote = None;
    let mut word_begins = true;
    let mut depth = 0_usize;
    // `LEFT JOIN` begins one line, not two.
    let mut begun_to = 0;
    for (at, letter) in text.char_indices() {
        if let Some(open) = quote {
            if letter == open {
                quote = None;
            }
        } else {
            match letter {
                '\'' | '"' | '`' => quote = Some(letter),
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let rest = text.get(at..).unwrap_or_default();
            // Inside parentheses a subquery stays with what is around it.
            let words = if word_begins && depth == 0 && at >= begun_to { words_that_begin_line(rest) } else { None };
            if let Some(words) = words {
                begun_to = at + words.len();
                if at > 0 {
                    out.truncate(out.trim_end().len());
                    out.push('\n');
                }
            }
        }
        word_begins = letter.is_whitespace();
        out.push(letter);
    }
    out
}

fn words_that_begin_line(rest: &str) -> Option<&'static str> {
    SQL_LINES.into_iter().find(|words| {
        rest.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
            && rest
                .get(words.len()..)
                .is_none_or(|after| after.chars().next().is_none_or(|next| !(next.is_alphanumeric() || next == '_')))
    })
}

/// Whether an attribute of this name holds SQL or the like.
pub fn is_query_key(key: &str) -> bool {
    matches!(key, "db.statement" | "db.query.text" | "sql.query" | "db.query")
}

/// Whether a text is an address that a browser can open in a new tab: http or https, in one line, without spaces.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && text.len() < 8192 && !rest.chars().any(|c| c.is_whitespace() || c.is_control()))
}
