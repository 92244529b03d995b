//! IngressClasses: which Ingresses are ours.

use super::Context;
use super::report::{Note, ReportBuilder};
use crate::objects::kinds::ingress::Ingress;
use crate::objects::kinds::ingress_class::IngressClass;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The annotation that named a class before `spec.ingressClassName` did.
const LEGACY_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// Whose an Ingress is.
pub(super) enum Owner {
    Ours,
    /// Ours, but its class is refused.
    Refused(String),
    Foreign,
    /// Nobody will answer for it, so the owner is told: field and message.
    Unknown(&'static str, String),
}

/// The classes, as Ingresses look them up.
pub(super) struct IngressClasses<'a> {
    context: Context<'a>,
    /// Our classes by name; the value says why a class is refused.
    ours: BTreeMap<&'a str, Option<String>>,
    /// Name of the default class, whoever serves it.
    default: Option<&'a str>,
}

impl<'a> IngressClasses<'a> {
    /// Finds our classes and reports on them.
    pub fn new(context: Context<'a>, reports: &mut ReportBuilder) -> Self {
        let controller = &*context.settings.ingress_controller;
        let all = || context.objects.ingress_classes().iter();
        let mut ours = BTreeMap::new();
        for class in all().filter(|class| class.spec.controller == controller) {
            let refusal = class.spec.parameters.as_ref().map(|parameters| {
                format!(
                    "{} {} is not supported, no kind of parameters is; remove the reference",
                    parameters.kind, parameters.name
                )
            });
            if let Some(message) = &refusal {
                reports.note(&**class, Note::refused("spec.parameters", message.as_str()));
            }
            ours.insert(class.metadata.name.as_str(), refusal);
        }
        // As admission does: of several defaults the newest, then the first by name.
        let newest = |class: &&std::sync::Arc<IngressClass>| {
            let metadata = &class.metadata;
            (Reverse(metadata.creation_timestamp), metadata.name.clone())
        };
        let default = all().filter(|class| class.is_default()).min_by_key(newest);
        Self {
            context,
            ours,
            default: default.map(|class| class.metadata.name.as_str()),
        }
    }

    /// Whose this Ingress is: by `spec.ingressClassName`, else by the legacy annotation, which
    /// holds the name of a class too, else by default.
    pub fn owner(&self, ingress: &Ingress) -> Owner {
        let spec = ingress.spec.ingress_class_name.as_deref();
        let annotation = ingress.metadata.annotation(LEGACY_ANNOTATION);
        // An empty name is no name.
        let [spec, annotation] =
            [spec, annotation].map(|name| name.filter(|name| !name.is_empty()));
        let named = match (spec, annotation) {
            (Some(name), _) => Some((name, "spec.ingressClassName")),
            (None, Some(name)) => Some((name, "metadata.annotations[kubernetes.io/ingress.class]")),
            (None, None) => None,
        };
        if let Some((name, field)) = named {
            return self.class(name, field);
        }
        let settings = self.context.settings;
        match self.default.filter(|_| settings.admit_default_class) {
            Some(name) => self.class(name, "spec.ingressClassName"),
            None if settings.ingress_without_class => Owner::Ours,
            None => Owner::Unknown(
                "spec.ingressClassName",
                "no class is named and there is no default class, nobody serves this".to_owned(),
            ),
        }
    }

    fn class(&self, name: &str, field: &'static str) -> Owner {
        match self.ours.get(name) {
            Some(None) => Owner::Ours,
            Some(Some(refusal)) => {
                Owner::Refused(format!("IngressClass {name}: spec.parameters: {refusal}"))
            }
            None if self
                .context
                .objects
                .ingress_classes()
                .get("", name)
                .is_some() =>
            {
                Owner::Foreign
            }
            None => Owner::Unknown(
                field,
                format!("IngressClass {name} does not exist, nobody serves this"),
            ),
        }
    }
}
