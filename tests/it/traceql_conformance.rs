//! Lists of queries, and what is to become of each: our own, or those of the file that `SPANWISE_TRACEQL` names.

use spanwise::traceql::{Stage, Trouble, check, parse, print};

use super::source::root;

/// A list of the file: its name, and the queries in it.
type List = (String, Vec<String>);

/// What became of a query.
fn fate(query: &str) -> (&'static str, Option<Trouble>) {
    let trouble = match parse(query) {
        Ok(query) => check(&query).err(),
        Err(trouble) => Some(trouble),
    };
    let name = match trouble.as_ref().map(|trouble| trouble.stage) {
        None => "valid",
        Some(Stage::Parse) => "parse_fails",
        Some(Stage::Validate) => "validate_fails",
        Some(Stage::Unsupported) => "unsupported",
    };
    (name, trouble)
}

#[test]
fn each_query_comes_as_far_as_its_list_says() {
    let file = std::env::var_os("SPANWISE_TRACEQL");
    let (path, is_own) = match &file {
        Some(file) => (file.into(), false),
        None => (root().join("tests/fixtures/traceql.yaml"), true),
    };
    let text = std::fs::read_to_string(&path).unwrap();
    let lists = lists(&text);
    let mut broken = Vec::new();
    let mut n_all = 0;
    for name in ["valid", "parse_fails", "validate_fails", "unsupported"] {
        let queries = lists.iter().find(|(list, _)| list == name).map_or(&[] as &[String], |(_, queries)| queries);
        let mut n_so = 0;
        for query in queries {
            let (is, trouble) = fate(query);
            if is == name {
                n_so += 1;
            } else {
                broken.push(format!(
                    "{name}: {query}\n    {is}: {}",
                    trouble.map_or_else(String::new, |trouble| trouble.to_string())
                ));
            }
        }
        println!("{name}: {n_so} of {}", queries.len());
        n_all += queries.len();
    }
    let least = if is_own { 300 } else { 1 };
    assert!(least <= n_all, "the file has only {n_all} queries");
    assert!(broken.is_empty(), "{} of {n_all}:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn what_parses_is_the_same_when_it_is_written_again() {
    let text = std::fs::read_to_string(root().join("tests/fixtures/traceql.yaml")).unwrap();
    let mut n_queries = 0;
    for query in lists(&text).into_iter().flat_map(|(_, queries)| queries) {
        let Ok(tree) = parse(&query) else { continue };
        let again = print::text(&tree);
        assert_eq!(parse(&again).as_ref(), Ok(&tree), "{query}\n{again}");
        assert_eq!(print::text(&parse(&again).unwrap()), again);
        assert_eq!(fate(&query).0, fate(&again).0, "{query}\n{again}");
        n_queries += 1;
    }
    assert!(300 < n_queries);
}

#[test]
fn the_lists_are_read_as_yaml_means_them() {
    let text = "# about\nvalid:\n  - '{ \"it''s\" }' # why\n  - \"a\\\"b\\\\c\\n\\x41\"\n\n  - plain # text\nempty:\nother:\n- 'x # y'\n";
    let is = lists(text);
    let want: Vec<List> = vec![
        ("valid".to_owned(), vec!["{ \"it's\" }".to_owned(), "a\"b\\c\nA".to_owned(), "plain".to_owned()]),
        ("empty".to_owned(), Vec::new()),
        ("other".to_owned(), vec!["x # y".to_owned()]),
    ];
    assert_eq!(is, want);
}

/// The lists of a YAML file that holds nothing but lists of texts, each on its line.
pub(crate) fn lists(text: &str) -> Vec<List> {
    let mut lists: Vec<List> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if let Some(item) = trimmed.strip_prefix("- ") {
            lists.last_mut().unwrap_or_else(|| panic!("an item before any list: {line}")).1.push(scalar(item.trim()));
        } else if let Some(name) = trimmed.split(" #").next().and_then(|name| name.trim().strip_suffix(':')) {
            lists.push((name.to_owned(), Vec::new()));
        } else {
            panic!("neither a list nor an item: {line}");
        }
    }
    lists
}

/// A text in single quotes, in double quotes, or in none.
fn scalar(item: &str) -> String {
    let mut chars = item.chars().peekable();
    match chars.next() {
        Some('\'') => {
            let mut out = String::new();
            while let Some(char) = chars.next() {
                if char == '\'' && chars.next_if_eq(&'\'').is_none() {
                    return out;
                }
                out.push(char);
            }
            panic!("a text without end: {item}");
        }
        Some('"') => {
            let mut out = String::new();
            while let Some(char) = chars.next() {
                match char {
                    '"' => return out,
                    '\\' => out.push(escaped(&mut chars)),
                    char => out.push(char),
                }
            }
            panic!("a text without end: {item}");
        }
        _ => item.split(" #").next().unwrap_or_default().trim().to_owned(),
    }
}

fn escaped(chars: &mut impl Iterator<Item = char>) -> char {
    let escape = chars.next().unwrap();
    let n_digits = match escape {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if 0 < n_digits {
        let digits: String = chars.take(n_digits).collect();
        return char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap();
    }
    match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        other => other,
    }
}
