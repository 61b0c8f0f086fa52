//! What the visitor can turn, and what is drawn.

use super::drawing;
use crate::labs::{Choice, Control, Effect, PanelInfo, Scale};

/// Digits that are shown side by side.
pub(super) const SHOWN: usize = 8;

pub(super) const CONTROLS: &[Control] = &[
    Control {
        scale: Scale::Log,
        effect: Effect::Show,
        ..Control::slider(
            "beta",
            "inverse temperature",
            "β",
            (0.1, 200.0),
            "100",
            "Large: one stored digit. Small: a blend of look-alikes, then the average of all.",
        )
    },
    Control {
        scale: Scale::Log,
        ..Control::integer("stored", "stored digits", "N", (10.0, 1797.0), "100", "How many images the memory holds.")
    },
    Control::integer(
        "hidden",
        "hidden pixels",
        "",
        (0.0, 48.0),
        "16",
        "The last so many of 64 are taken from the cue.",
    ),
    Control {
        effect: Effect::Show,
        ..Control::integer("updates", "updates", "", (1.0, 10.0), "1", "One is enough: more change nothing at large β.")
    },
    Control::choice(
        "bags",
        "training on bags",
        &[Choice { value: "250", label: "250 steps" }, Choice { value: "2000", label: "2,000 steps" }],
        "250",
        "The claim is about 250 steps; after 2,000 the mean has nearly caught up.",
    ),
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::integer(
            "query",
            "digit looked at",
            "",
            (0.0, SHOWN as f64),
            "0",
            "Which column the other panels explain.",
        )
    },
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::integer("bag", "bag", "", (0.0, super::bags::SHOWN as f64 - 1.0), "0", "Which test bag is shown.")
    },
    Control {
        effect: Effect::Show,
        panel: true,
        refuse: Some(drawing::check),
        ..Control::text("draw", "own drawing", "", "64 grey levels from 0 to f, row by row.")
    },
];

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "recall",
        kind: "images",
        title: "One glance is enough",
        hint: "choose a digit to see why",
        wide: true,
    },
    PanelInfo { id: "sketch", kind: "sketch", title: "Draw your own cue", hint: "recalled at once", wide: false },
    PanelInfo {
        id: "weights",
        kind: "images",
        title: "What the answer is made of",
        hint: "by softmax weight",
        wide: false,
    },
    PanelInfo {
        id: "plane",
        kind: "scatter",
        title: "One jump downhill",
        hint: "energy behind the stored digits",
        wide: false,
    },
    PanelInfo {
        id: "regimes",
        kind: "line",
        title: "Three kinds of fixed points",
        hint: "yours is dashed",
        wide: false,
    },
    PanelInfo { id: "capacity", kind: "line", title: "Capacity", hint: "random patterns of d dimensions", wide: false },
    PanelInfo { id: "errors", kind: "line", title: "How the error falls", hint: "below the bound", wide: false },
    PanelInfo { id: "accuracy", kind: "line", title: "A needle in a bag", hint: "drag to travel in time", wide: false },
    PanelInfo { id: "bag", kind: "images", title: "Where the query looks", hint: "one test bag", wide: false },
    PanelInfo {
        id: "twins",
        kind: "twins",
        title: "The update is attention",
        hint: "same boxes, other names",
        wide: true,
    },
];
