//! The built-in samples: what `?sample=` and the start page's buttons open.

/// A sample that is served beside the page.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its name in `?sample=`.
    pub name: &'static str,
    /// The file beside the page.
    pub file: &'static str,
    /// What the button says.
    pub title: &'static str,
    /// What is to be seen in it.
    pub about: &'static str,
}

/// All samples, the one to begin with first.
pub const SAMPLES: &[Sample] = &[Sample {
    name: "shop",
    file: "samples/shop.jsonl.gz",
    title: "Web shop",
    about: "An hour of traffic over twelve services, with an incident to find",
}];

/// The sample of that name.
pub fn find(name: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|sample| sample.name == name)
}
