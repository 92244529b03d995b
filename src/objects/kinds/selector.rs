//! Label selectors, and the choice of namespaces built on them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `metav1.LabelSelector`: every label and every expression must hold; an empty one selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    pub match_labels: BTreeMap<String, String>,
    pub match_expressions: Vec<LabelExpression>,
}

/// One requirement of a selector.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LabelExpression {
    pub key: String,
    /// The schema takes any word here; one that is none of the four selects nothing and is an
    /// error of its user ([`LabelSelector::fault`]).
    pub operator: String,
    #[serde(default)]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Whether the selector selects an object with these labels. A faulty one selects nothing.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.fault().is_none()
            && self
                .match_labels
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
            && self
                .match_expressions
                .iter()
                .all(|expression| expression.holds(labels))
    }

    /// Says what makes this selector invalid, if anything does.
    pub fn fault(&self) -> Option<String> {
        self.match_expressions
            .iter()
            .find_map(LabelExpression::fault)
    }
}

impl LabelExpression {
    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }

    fn fault(&self) -> Option<String> {
        let key = &self.key;
        match (self.operator.as_str(), self.values.is_empty()) {
            ("In" | "NotIn", false) | ("Exists" | "DoesNotExist", true) => None,
            (operator @ ("In" | "NotIn"), true) => {
                Some(format!("label {key}: operator {operator} needs values"))
            }
            (operator @ ("Exists" | "DoesNotExist"), false) => {
                Some(format!("label {key}: operator {operator} takes no values"))
            }
            (operator, _) => Some(format!(
                "label {key}: {operator:?} is none of In, NotIn, Exists and DoesNotExist"
            )),
        }
    }
}

/// From which namespaces something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum From {
    All,
    Selector,
    Same,
    /// Only for `allowedListeners`.
    None,
}

/// A choice of namespaces; `selector` counts only with [`From::Selector`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Namespaces {
    pub from: From,
    #[serde(default)]
    pub selector: Option<LabelSelector>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(operator: &str, values: &[&str]) -> LabelSelector {
        LabelSelector {
            match_labels: BTreeMap::new(),
            match_expressions: vec![LabelExpression {
                key: "tier".into(),
                operator: operator.into(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            }],
        }
    }

    #[test]
    fn expressions_select_as_the_api_machinery_does() {
        let web = BTreeMap::from([("tier".to_owned(), "web".to_owned())]);
        let bare = BTreeMap::new();
        for (operator, values, of_web, of_bare) in [
            ("In", &["web", "db"][..], true, false),
            ("In", &["db"], false, false),
            ("NotIn", &["web"], false, true),
            ("NotIn", &["db"], true, true),
            ("Exists", &[], true, false),
            ("DoesNotExist", &[], false, true),
            // Faulty ones select nothing.
            ("In", &[], false, false),
            ("Exists", &["web"], false, false),
            ("Like", &["web"], false, false),
        ] {
            let selector = expression(operator, values);
            assert_eq!(
                selector.selects(&web),
                of_web,
                "{operator} {values:?} of tier=web"
            );
            assert_eq!(
                selector.selects(&bare),
                of_bare,
                "{operator} {values:?} of no label"
            );
        }
        assert!(
            LabelSelector::default().selects(&bare),
            "an empty selector selects all"
        );
        assert!(
            expression("Like", &[])
                .fault()
                .is_some_and(|fault| fault.contains("Like"))
        );
    }
}
