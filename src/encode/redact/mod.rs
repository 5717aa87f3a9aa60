//! What must not be shared is masked: by the key that it stands under, or by what it looks like.
//!
//! ```text
//!   rules ─▶ Masks ◀─ prepare(each symbol once) ─ survey of what is exported
//!              └──▶ Shown ──▶ writers
//! ```
//! Each distinct text is looked at once. All rules look at the original, and what they find is put together before it is masked,
//! so that none can hide something from another. What nothing has prepared reads as masked.
//!
//! *Invariants.* A mask tells nothing of what it hides: neither its length nor, unless that is asked for, that two were equal.

mod glob;
mod ids;
mod keys;
mod personal;
mod secrets;
mod text;

use std::borrow::Cow;

use crate::base::{FastMap, Idx as _, StrId, len_u32};
use crate::model::{Dataset, Value};
use ids::IdHasher;
use text::{Ranges, merged};

/// What stands for what is hidden.
pub const MASK: &str = "•••";

/// Rules in a redaction, at most: the bits of what a text was hit by.
pub const MAX_RULES: usize = 64;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Values under keys that hold personal data.
    PersonalKeys,
    /// E-mail addresses in any text.
    Emails,
    /// IP addresses.
    IpAddresses,
    /// Phone numbers.
    PhoneNumbers,
    /// Numbers of payment cards and of social security.
    CardNumbers,
    /// Values in queries of URLs.
    UrlQueries,
    /// Values under keys that hold secrets.
    SecretKeys,
    /// Private keys in PEM.
    PrivateKeys,
    /// JSON web tokens.
    Jwts,
    /// Keys and tokens that begin as those of well-known services.
    KnownKeys,
    /// What follows `Bearer`, `Basic` and the like.
    Credentials,
    /// User and password in URLs.
    UrlLogins,
    /// `password=…`, `"token": "…"`.
    Assignments,
    /// Attributes whose keys fit, `*` standing for anything, are left out.
    DropKey(String),
    /// Values of attributes whose keys fit are masked.
    MaskKey(String),
    /// This text is masked wherever it stands; case of ASCII letters does not matter.
    MaskText(String),
}

impl Rule {
    /// What must not be told about people.
    pub const PERSONAL: [Self; 6] =
        [Self::PersonalKeys, Self::Emails, Self::IpAddresses, Self::PhoneNumbers, Self::CardNumbers, Self::UrlQueries];
    /// What opens doors.
    pub const SECRETS: [Self; 7] =
        [Self::SecretKeys, Self::PrivateKeys, Self::Jwts, Self::KnownKeys, Self::Credentials, Self::UrlLogins, Self::Assignments];
}

/// What to hide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Rules; those beyond [`MAX_RULES`] are not taken.
    pub rules: Vec<Rule>,
    /// The key, random and of this export alone, under which ids are hashed; `None`: they stay.
    pub ids_key: Option<[u8; 16]>,
    /// Masks of equal texts get the same number, so that one can see that they were equal.
    pub tells_equal: bool,
}

impl Redaction {
    /// Whether it hides nothing.
    pub const fn is_none(&self) -> bool {
        self.rules.is_empty() && self.ids_key.is_none()
    }
}

/// What becomes of an attribute by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyVerdict {
    Keep,
    Mask,
    Drop,
}

/// How a rule looks at texts.
enum Look {
    /// It goes by keys.
    Keys,
    Find(fn(&[u8], &mut Ranges)),
    Literal(Vec<u8>),
}

/// What was not looked at.
const UNSEEN: u32 = 0;
/// What nothing was found in.
const CLEAN: u32 = 1;
/// The first replacement's number.
const FIRST: u32 = 2;

/// A text in the place of another, and the rules that made it so, as bits.
struct Replaced {
    text: String,
    rules: u64,
}

/// A redaction at work on a data set.
pub struct Masks {
    rules: Vec<(Rule, Look)>,
    ids: Option<IdHasher>,
    tells_equal: bool,
    has_key_rules: bool,
    /// By symbol: [`UNSEEN`], [`CLEAN`], or a place in `replaced` from [`FIRST`] on.
    texts: Vec<u32>,
    replaced: Vec<Replaced>,
    /// By symbol, as a key: the verdict with the number of the rule that gave it.
    verdicts: Vec<Option<(KeyVerdict, u8)>>,
    /// Numbered masks by what they hide.
    numbered: FastMap<String, String>,
}

impl Masks {
    /// Rules that have looked at nothing yet.
    pub fn new(redaction: &Redaction, dataset: &Dataset) -> Self {
        let rules: Vec<(Rule, Look)> =
            redaction.rules.iter().take(MAX_RULES).filter(|rule| !is_void(rule)).map(|rule| (rule.clone(), look(rule))).collect();
        let has_key_rules = rules.iter().any(|(_, look)| matches!(look, Look::Keys));
        Self {
            ids: redaction.ids_key.as_ref().map(IdHasher::new),
            tells_equal: redaction.tells_equal,
            has_key_rules,
            texts: vec![UNSEEN; dataset.strings.len()],
            replaced: Vec::new(),
            verdicts: if has_key_rules { vec![None; dataset.strings.len()] } else { Vec::new() },
            numbered: FastMap::default(),
            rules,
        }
    }

    /// The rules at work; hits name them by their place here.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    pub(super) const fn ids(&self) -> Option<&IdHasher> {
        self.ids.as_ref()
    }

    /// The text as it may be shown; `None` where it was not looked at.
    pub(super) fn text<'a>(&'a self, dataset: &'a Dataset, id: StrId) -> Option<&'a str> {
        match self.texts.get(id.usize()).copied() {
            None | Some(UNSEEN) => None,
            Some(CLEAN) => Some(dataset.str(id)),
            Some(number) => self.replaced.get((number - FIRST) as usize).map(|replaced| replaced.text.as_str()),
        }
    }

    /// What becomes of attributes with this key.
    pub(super) fn verdict(&self, key: StrId) -> KeyVerdict {
        if !self.has_key_rules || key == StrId::EMPTY {
            return KeyVerdict::Keep;
        }
        self.verdicts.get(key.usize()).copied().flatten().map_or(KeyVerdict::Drop, |(verdict, _)| verdict)
    }

    /// What stands for a value that may not be shown as it is; `None` for texts in their own right, which [`Masks::text`] tells.
    pub(super) fn mask_of_value(&self, dataset: &Dataset, value: Value<'_>, verdict: KeyVerdict) -> Option<&str> {
        if verdict == KeyVerdict::Keep {
            return self.rules_in_value(value).map(|_| MASK);
        }
        match value {
            Value::Empty => None,
            Value::Array(_) | Value::KvList(_) | Value::Bytes(_) => Some(MASK),
            scalar => Some(self.numbered.get(scalar_text(dataset, scalar).as_ref()).map_or(MASK, String::as_str)),
        }
    }

    /// The rules that hide a number or bytes under a key that may be shown.
    fn rules_in_value(&self, value: Value<'_>) -> Option<u64> {
        let text = match value {
            Value::Int(number) if self.has_literals() => Cow::Owned(number.to_string().into_bytes()),
            Value::Double(number) if self.has_literals() => Cow::Owned(format!("{number:?}").into_bytes()),
            Value::Bytes(bytes) => Cow::Borrowed(bytes),
            _ => return None,
        };
        let is_number = !matches!(value, Value::Bytes(_));
        let mut hit = 0;
        let mut found = Ranges::new();
        for (number, (_, look)) in self.rules.iter().enumerate() {
            match look {
                Look::Find(find) if !is_number => find(&text, &mut found),
                Look::Literal(literal) => find_literal(&text, literal, &mut found),
                Look::Keys | Look::Find(_) => {}
            }
            hit |= u64::from(!found.is_empty()) << number;
            found.clear();
        }
        // Ids may stand in bytes as digits, too.
        if let Some(ids) = &self.ids
            && !is_number
            && !id_digits(&text, ids).is_empty()
        {
            return Some(hit);
        }
        (hit != 0).then_some(hit)
    }

    fn has_literals(&self) -> bool {
        self.rules.iter().any(|(_, look)| matches!(look, Look::Literal(_)))
    }

    /// Looks at a text, once. Gives the rules that hide something in it.
    pub(super) fn prepare_text(&mut self, dataset: &Dataset, id: StrId) -> u64 {
        let Some(&state) = self.texts.get(id.usize()) else { return 0 };
        match state {
            CLEAN => 0,
            UNSEEN => {
                let (state, rules) = match self.redacted(dataset.str(id)) {
                    None => (CLEAN, 0),
                    Some(replaced) => {
                        let rules = replaced.rules;
                        self.replaced.push(replaced);
                        (FIRST + len_u32(self.replaced.len() - 1), rules)
                    }
                };
                if let Some(slot) = self.texts.get_mut(id.usize()) {
                    *slot = state;
                }
                rules
            }
            number => self.replaced.get((number - FIRST) as usize).map_or(0, |replaced| replaced.rules),
        }
    }

    /// Looks at an irregular id: where ids are hashed, its text is hashed wherever it stands.
    pub(super) fn prepare_id(&mut self, dataset: &Dataset, id: StrId) {
        match self.ids {
            None => {
                self.prepare_text(dataset, id);
            }
            Some(ids) => {
                let text = format!("{:016x}", ids.span_text(dataset.str(id)));
                let Some(slot) = self.texts.get_mut(id.usize()) else { return };
                let known = slot.checked_sub(FIRST).and_then(|number| self.replaced.get(number as usize));
                if known.is_none_or(|known| known.text != text) {
                    self.replaced.push(Replaced { text, rules: 0 });
                    *slot = FIRST + len_u32(self.replaced.len() - 1);
                }
            }
        }
    }

    /// Looks at a key, once, and gives what becomes of its attributes and by which rule. What has no key is kept, as in [`Masks::verdict`].
    pub(super) fn prepare_key(&mut self, dataset: &Dataset, key: StrId) -> (KeyVerdict, u8) {
        if key == StrId::EMPTY {
            return (KeyVerdict::Keep, 0);
        }
        match self.verdicts.get(key.usize()) {
            None => return (KeyVerdict::Keep, 0),
            Some(Some(verdict)) => return *verdict,
            Some(None) => {}
        }
        let verdict = self.verdict_of(dataset.str(key).as_bytes());
        if let Some(slot) = self.verdicts.get_mut(key.usize()) {
            *slot = Some(verdict);
        }
        verdict
    }

    /// What becomes of attributes whose key is written so, and by which rule.
    fn verdict_of(&self, text: &[u8]) -> (KeyVerdict, u8) {
        let of_rule = |rule: &Rule| match rule {
            Rule::PersonalKeys if fits_any(&keys::PERSONAL, text) => KeyVerdict::Mask,
            Rule::SecretKeys if fits_any(&keys::SECRETS, text) => KeyVerdict::Mask,
            Rule::MaskKey(pattern) if glob::fits(pattern.as_bytes(), text) => KeyVerdict::Mask,
            Rule::DropKey(pattern) if glob::fits(pattern.as_bytes(), text) => KeyVerdict::Drop,
            _ => KeyVerdict::Keep,
        };
        let mut verdict = (KeyVerdict::Keep, 0);
        for ((rule, _), number) in self.rules.iter().zip(0..) {
            let found = of_rule(rule);
            // Dropped is dropped; of several rules that mask, the first counts.
            if found == KeyVerdict::Drop && verdict.0 != KeyVerdict::Drop || verdict.0 == KeyVerdict::Keep && found != verdict.0 {
                verdict = (found, number);
            }
        }
        verdict
    }

    /// Looks at a text that is none of the data set's, under a key: as it may be shown, `None` if it is left out, and the rules that
    /// hide something. What is not free text is a value of few, which only its key can hide.
    pub(super) fn prepare_own(&mut self, key: &str, text: &str, is_free: bool) -> (Option<String>, u64) {
        let (verdict, rule) = self.verdict_of(key.as_bytes());
        match verdict {
            KeyVerdict::Drop => (None, 1 << rule),
            KeyVerdict::Mask => (Some(self.number(text)), 1 << rule),
            KeyVerdict::Keep => match if is_free { self.redacted(text) } else { None } {
                Some(Replaced { text, rules }) => (Some(text), rules),
                None => (Some(text.to_owned()), 0),
            },
        }
    }

    /// Looks at a value that is no text, and numbers what its key hides.
    pub(super) fn prepare_value(&mut self, dataset: &Dataset, value: Value<'_>, verdict: KeyVerdict) -> u64 {
        if verdict == KeyVerdict::Mask && !matches!(value, Value::Empty | Value::Array(_) | Value::KvList(_) | Value::Bytes(_)) {
            let text = scalar_text(dataset, value).into_owned();
            self.number(&text);
        }
        if verdict == KeyVerdict::Keep { self.rules_in_value(value).unwrap_or(0) } else { 0 }
    }

    /// The mask of an original.
    fn number(&mut self, original: &str) -> String {
        if !self.tells_equal {
            return MASK.to_owned();
        }
        if let Some(known) = self.numbered.get(original) {
            return known.clone();
        }
        let mask = format!("{MASK}{}", self.numbered.len() + 1);
        self.numbered.insert(original.to_owned(), mask.clone());
        mask
    }

    /// A text with what the rules find in it masked; `None` where they find nothing.
    fn redacted(&mut self, original: &str) -> Option<Replaced> {
        let bytes = original.as_bytes();
        let (mut found, mut hit) = (Ranges::new(), 0_u64);
        for (number, (_, look)) in self.rules.iter().enumerate() {
            let before = found.len();
            match look {
                Look::Keys => {}
                Look::Find(find) => find(bytes, &mut found),
                Look::Literal(literal) => find_literal(bytes, literal, &mut found),
            }
            hit |= u64::from(before < found.len()) << number;
        }
        let masked = merged(found);
        let ids = self.ids.as_ref().map_or_else(Vec::new, |ids| id_digits(bytes, ids));
        if masked.is_empty() && ids.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(original.len());
        let (mut from, mut ids) = (0, ids.into_iter().peekable());
        // What lies between what is masked, with ids hashed in it. Half an id beside a mask is none, and stays hidden.
        let mut upto = |text: &mut String, from: usize, to: usize| {
            let mut from = from;
            while let Some((start, end, hashed)) = ids.next_if(|(start, ..)| *start < to) {
                if from < end {
                    text.push_str(original.get(from..start.max(from)).unwrap_or_default());
                    text.push_str(&hashed);
                    from = end;
                }
            }
            text.push_str(original.get(from..to.max(from)).unwrap_or_default());
            from
        };
        for (start, end) in masked {
            let reached = upto(&mut text, from, start);
            let mask = self.number(original.get(start..end).unwrap_or_default());
            text.push_str(&mask);
            from = end.max(reached);
        }
        upto(&mut text, from, original.len());
        Some(Replaced { text, rules: hit })
    }
}

fn fits_any(patterns: &[&str], text: &[u8]) -> bool {
    patterns.iter().any(|pattern| glob::fits(pattern.as_bytes(), text))
}

/// A rule that was not filled in would fit nothing, or everything.
fn is_void(rule: &Rule) -> bool {
    matches!(rule, Rule::DropKey(text) | Rule::MaskKey(text) | Rule::MaskText(text) if text.is_empty())
}

fn look(rule: &Rule) -> Look {
    Look::Find(match rule {
        Rule::PersonalKeys | Rule::SecretKeys | Rule::DropKey(_) | Rule::MaskKey(_) => return Look::Keys,
        Rule::MaskText(text) => return Look::Literal(text.clone().into_bytes()),
        Rule::Emails => personal::emails,
        Rule::IpAddresses => personal::ip_addresses,
        Rule::PhoneNumbers => personal::phone_numbers,
        Rule::CardNumbers => personal::card_numbers,
        Rule::UrlQueries => personal::url_queries,
        Rule::PrivateKeys => secrets::private_keys,
        Rule::Jwts => secrets::jwts,
        Rule::KnownKeys => secrets::known_keys,
        Rule::Credentials => secrets::credentials,
        Rule::UrlLogins => secrets::url_logins,
        Rule::Assignments => secrets::assignments,
    })
}

fn find_literal(text: &[u8], literal: &[u8], found: &mut Ranges) {
    let mut from = 0;
    while let Some(offset) = text.get(from..).and_then(|rest| glob::find_ascii(rest, literal)) {
        found.push((from + offset, from + offset + literal.len()));
        from += offset + literal.len();
    }
}

/// Runs of as many hex digits as an id has, with their hashes.
fn id_digits(text: &[u8], ids: &IdHasher) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let start = text::take_while(text, from, |byte| !byte.is_ascii_hexdigit());
        let end = text::take_while(text, start, |byte| byte.is_ascii_hexdigit());
        if let Some(hashed) = text.get(start..end).and_then(|digits| ids.of_digits(digits)) {
            found.push((start, end, hashed));
        }
        from = end.max(start + 1);
    }
    found
}

fn scalar_text<'a>(dataset: &'a Dataset, value: Value<'_>) -> Cow<'a, str> {
    match value {
        Value::String(text) => Cow::Borrowed(dataset.str(text)),
        Value::Bool(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::Double(number) => Cow::Owned(format!("{number:?}")),
        Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => Cow::Borrowed(""),
    }
}
