//! `--cores`: ids of cores as the kernel writes them, `0-3,6`.

use std::str::FromStr;

/// Highest core id taken; the kernel's largest builds know 8192 cores.
const HIGHEST: usize = 8191;

/// Core ids, ascending, each once, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cores(Vec<usize>);

impl Cores {
    /// The ids, ascending.
    pub fn ids(&self) -> &[usize] {
        &self.0
    }
}

impl FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut ids = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (id(first)?, id(last)?);
            if first > last {
                return Err(format!("{part} runs backwards"));
            }
            ids.extend(first..=last);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(ids))
    }
}

fn id(text: &str) -> Result<usize, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|id| digits && *id <= HIGHEST);
    number.ok_or_else(|| "expected core ids as 0-3,6".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let ids = |text: &str| text.parse::<Cores>().unwrap().ids().to_vec();
        assert_eq!(ids("2"), [2]);
        assert_eq!(ids("6,0-3"), [0, 1, 2, 3, 6]);
        assert_eq!(ids("1,0-2"), [0, 1, 2]);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ",", "1,", "3-1", "-1", "a", "0-99999999", "0 1", "+1"] {
            assert!(text.parse::<Cores>().is_err(), "{text}");
        }
    }
}
