//! What the visitor can turn, and what is drawn.

use super::answer::MOST_BEAMS;
use super::points;
use crate::labs::{Choice, Control, Effect, PanelInfo, Scale, When};

/// Learning rate at its highest.
pub(super) const RATE: &str = "0.01";

const HULL: When = When { name: "task", values: &["hull"] };
const DELAUNAY: When = When { name: "task", values: &["delaunay"] };
const RANGED: When = When { name: "task", values: &["hull", "sort"] };
const SIZED: When = When { name: "task", values: &["delaunay", "tsp"] };
const FREE_ORDER: When = When { name: "task", values: &["hull", "tsp"] };
const RESTRICTED: When = When { name: "task", values: &["sort", "tsp"] };

pub(super) const CONTROLS: &[Control] = &[
    Control::choice(
        "task",
        "task",
        &[
            Choice { value: "hull", label: "convex hull" },
            Choice { value: "sort", label: "sorting" },
            Choice { value: "delaunay", label: "Delaunay triangulation" },
            Choice { value: "tsp", label: "shortest tour" },
        ],
        "hull",
        "What the network is to point out.",
    ),
    Control {
        when: Some(RANGED),
        ..Control::integer("shortest", "trained on, from", "n", (3.0, 12.0), "5", "Fewest points of a training set.")
    },
    Control {
        when: Some(RANGED),
        ..Control::integer("longest", "trained on, to", "n", (3.0, 12.0), "8", "Most points of a training set.")
    },
    Control {
        when: Some(SIZED),
        ..Control::integer("size", "trained on", "n", (4.0, 10.0), "5", "Points of a training set.")
    },
    Control {
        when: Some(HULL),
        ..Control::choice(
            "start",
            "hull starts at",
            &[Choice { value: "leftmost", label: "leftmost point" }, Choice { value: "lowest", label: "lowest index" }],
            "leftmost",
            "The paper starts at the lowest index, which has to be learnt first.",
        )
    },
    Control {
        when: Some(FREE_ORDER),
        ..Control::choice(
            "order",
            "input order",
            &[Choice { value: "random", label: "random" }, Choice { value: "x", label: "sorted by x" }],
            "random",
            "The order in which the points are read.",
        )
    },
    Control {
        when: Some(DELAUNAY),
        ..Control::choice(
            "triangles",
            "order of triangles",
            &[Choice { value: "index", label: "by index" }, Choice { value: "incenter", label: "by incenter" }],
            "index",
            "The paper orders triangles by their incenters.",
        )
    },
    Control::choice(
        "hidden",
        "units",
        &[
            Choice { value: "16", label: "16" },
            Choice { value: "32", label: "32" },
            Choice { value: "48", label: "48" },
            Choice { value: "64", label: "64" },
            Choice { value: "96", label: "96" },
        ],
        "48",
        "Width of encoder, decoder and attention.",
    ),
    Control::toggle(
        "glimpse",
        "glimpse",
        "0",
        "Reads from the input by attention before it points: a later extension, not in the paper.",
    ),
    Control::choice(
        "length",
        "training",
        &[
            Choice { value: "short", label: "short" },
            Choice { value: "full", label: "full" },
            Choice { value: "long", label: "long" },
        ],
        "full",
        "Short is a fifth of full, long three times as much.",
    ),
    Control::choice(
        "baseline",
        "baseline",
        &[
            Choice { value: "short", label: "2,200 steps" },
            Choice { value: "equal", label: "as long" },
            Choice { value: "none", label: "none" },
        ],
        "short",
        "Sequence to sequence with a fixed dictionary, trained beside on the same data and seed.",
    ),
    Control {
        scale: Scale::Log,
        effect: Effect::Retune,
        ..Control::slider(
            "rate",
            "learning rate",
            "η",
            (0.0001, 0.03),
            RATE,
            "At its highest; it falls to 3 % in the end.",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::integer("beam", "beam", "B", (1.0, MOST_BEAMS as f64), "1", "Partial answers kept; 1 is greedy.")
    },
    Control {
        effect: Effect::Show,
        when: Some(RESTRICTED),
        ..Control::toggle("valid", "valid only", "0", "Points only at what is not used yet.")
    },
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::choice(
            "network",
            "network",
            &[
                Choice { value: "here", label: "this run" },
                Choice { value: "recorded", label: "recorded" },
                Choice { value: "untrained", label: "untrained" },
            ],
            "here",
            "Which network answers.",
        )
    },
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::integer(
            "count",
            "points",
            "n",
            (points::COUNT[0] as f64, points::COUNT[1] as f64),
            "8",
            "Points of the set that is shown, also beyond what the network was trained on.",
        )
    },
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::integer("draw", "draw", "", (0.0, 1_000_000.0), "0", "Which random set is shown.")
    },
    Control {
        effect: Effect::Show,
        panel: true,
        refuse: Some(points::check),
        ..Control::text("points", "own points", "", "x,y;x,y;… with numbers from 0 to 1.")
    },
];

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "answer",
        kind: "pointing",
        title: "Drag a point",
        hint: "the network answers at once",
        wide: true,
    },
    PanelInfo {
        id: "training",
        kind: "line",
        title: "Learning to point",
        hint: "fixed test sets · drag to travel in time",
        wide: true,
    },
    PanelInfo {
        id: "by_length",
        kind: "line",
        title: "Beyond the trained lengths",
        hint: "the same network at other n",
        wide: true,
    },
    PanelInfo { id: "lengths", kind: "bars", title: "How long the tours are", hint: "shorter is better", wide: false },
    PanelInfo {
        id: "diagram",
        kind: "unrolled",
        title: "The network at work",
        hint: "each step points at an input",
        wide: true,
    },
    PanelInfo {
        id: "states",
        kind: "scatter",
        title: "What the encoder remembers",
        hint: "its state after each point, two main directions",
        wide: false,
    },
];
