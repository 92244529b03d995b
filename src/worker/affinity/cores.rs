//! Lists of core ids as operators and the kernel write them: `0-3,6`.

use std::fmt;
use std::str::FromStr;

/// The kernel's CPU_SETSIZE: masks name cores below it.
const CORES_MAX: usize = 1024;

/// Core ids, ascending, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreList(Vec<usize>);

/// A list that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoreListError {
    /// A part is neither a number nor a range of two.
    #[error("{0:?} is neither a core id nor a range such as 0-3")]
    NotACore(String),
    /// A range whose end is below its start.
    #[error("the range {0:?} ends before it starts")]
    Backwards(String),
    /// An id beyond what an affinity mask can name.
    #[error("core {0} is beyond the largest id, 1023")]
    TooLarge(usize),
    /// Nothing at all.
    #[error("the list of cores is empty")]
    Empty,
}

impl CoreList {
    /// A list of these ids, in any order.
    pub fn new(ids: impl IntoIterator<Item = usize>) -> Self {
        let mut ids: Vec<usize> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        CoreList(ids)
    }

    /// The ids, ascending.
    pub fn ids(&self) -> &[usize] {
        &self.0
    }

    /// The ids that are in both lists.
    pub fn intersection(&self, other: &CoreList) -> CoreList {
        CoreList(
            self.0
                .iter()
                .copied()
                .filter(|id| other.0.binary_search(id).is_ok())
                .collect(),
        )
    }

    /// The ids of this list that are not in the other.
    pub fn without(&self, other: &CoreList) -> CoreList {
        CoreList(
            self.0
                .iter()
                .copied()
                .filter(|id| other.0.binary_search(id).is_err())
                .collect(),
        )
    }
}

impl FromStr for CoreList {
    type Err = CoreListError;

    fn from_str(text: &str) -> Result<Self, CoreListError> {
        let mut ids = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (core(first, part)?, core(last, part)?);
            if last < first {
                return Err(CoreListError::Backwards(part.to_owned()));
            }
            ids.extend(first..=last);
        }
        if ids.is_empty() {
            Err(CoreListError::Empty)
        } else {
            Ok(CoreList::new(ids))
        }
    }
}

fn core(text: &str, part: &str) -> Result<usize, CoreListError> {
    // `parse` would take a sign, which no core id has.
    let id = match text.trim() {
        digits if digits.starts_with(|c: char| c.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    };
    match id {
        Some(id) if id < CORES_MAX => Ok(id),
        Some(id) => Err(CoreListError::TooLarge(id)),
        None => Err(CoreListError::NotACore(part.to_owned())),
    }
}

impl fmt::Display for CoreList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        let mut separator = "";
        while let Some(&first) = rest.first() {
            let length = rest
                .iter()
                .zip(first..)
                .take_while(|&(&id, expected)| id == expected)
                .count();
            match length {
                1 => write!(f, "{separator}{first}")?,
                _ => write!(f, "{separator}{first}-{}", first + length - 1)?,
            }
            rest = rest.get(length..).unwrap_or_default();
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_and_print() {
        for (text, ids, printed) in [
            ("0", vec![0], "0"),
            ("0-3,6", vec![0, 1, 2, 3, 6], "0-3,6"),
            (" 6 , 0-1,1 ,", vec![0, 1, 6], "0-1,6"),
            ("7,3,5-5", vec![3, 5, 7], "3,5,7"),
            ("1023", vec![1023], "1023"),
        ] {
            let list: CoreList = text.parse().unwrap();
            assert_eq!(list.ids(), ids, "{text:?}");
            assert_eq!(list.to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_list_says_why() {
        for (text, error) in [
            ("", CoreListError::Empty),
            (",", CoreListError::Empty),
            ("a", CoreListError::NotACore("a".into())),
            ("-1", CoreListError::NotACore("-1".into())),
            ("+1", CoreListError::NotACore("+1".into())),
            ("1-", CoreListError::NotACore("1-".into())),
            ("1-2-3", CoreListError::NotACore("1-2-3".into())),
            ("0-3:2", CoreListError::NotACore("0-3:2".into())),
            ("3-1", CoreListError::Backwards("3-1".into())),
            ("1024", CoreListError::TooLarge(1024)),
            ("0-99999", CoreListError::TooLarge(99999)),
            (
                "99999999999999999999999",
                CoreListError::NotACore("99999999999999999999999".into()),
            ),
        ] {
            assert_eq!(text.parse::<CoreList>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn sets() {
        let (a, b): (CoreList, CoreList) = ("0-3,8".parse().unwrap(), "2-9".parse().unwrap());
        assert_eq!(a.intersection(&b).to_string(), "2-3,8");
        assert_eq!(a.without(&b).to_string(), "0-1");
    }
}
