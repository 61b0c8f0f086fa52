//! What the lab draws.
use super::network::Data;
use super::theory::Moments;
use crate::labs::{PanelInfo, Payload};
use crate::session::View;
use serde_json::Value;

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo { id: "loss", kind: "line", title: "Loss of all samples", hint: "drag to travel in time", wide: true },
];
pub(super) fn of_theory(_: &str, _: &Moments, _: f64, _: &View, _: &mut Payload) -> Value { Value::Null }
pub(super) fn of_network(_: &str, _: &Data, _: f64, _: &View, _: &mut Payload) -> Value { Value::Null }
