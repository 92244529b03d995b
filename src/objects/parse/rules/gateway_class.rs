//! GatewayClass.

use super::reference::EXPLICIT;
use crate::objects::parse::format::CONTROLLER_NAME;
use crate::objects::parse::row::Check::{Form, Length, Required, Rows, Unread};
use crate::objects::parse::row::{Row, at};

pub const ROWS: &[Row] = &[
    at("", &[Unread(&["status"])]),
    at("spec", &[Required]),
    at(
        "spec.controllerName",
        &[Required, Length(1, 253), Form(CONTROLLER_NAME)],
    ),
    at("spec.parametersRef", &[Rows(EXPLICIT)]),
    at("spec.description", &[Length(0, 64)]),
];
