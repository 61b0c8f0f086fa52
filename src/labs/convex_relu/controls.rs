//! What the visitor can turn, what is drawn, and what is checked.

use super::data::Set;
use crate::labs::{Choice, ClaimInfo, Control, PanelInfo, Scale, When};

const PLAIN: When = When { name: "task", values: &["plain"] };
const ADVERSARIAL: When = When { name: "task", values: &["adversarial"] };
const BY_PATTERNS: When = When { name: "method", values: &["admm"] };
const BY_NEURONS: When = When { name: "method", values: &["scp"] };

const fn same(value: &'static str) -> Choice {
    Choice { value, label: value }
}

pub(super) const CONTROLS: &[Control] = &[
    Control::choice(
        "task",
        "task",
        &[
            Choice { value: "plain", label: "global optimum" },
            Choice { value: "adversarial", label: "adversarial training" },
        ],
        "plain",
        "Find the floor of ten points, or train against an adversary who moves the points.",
    ),
    Control {
        when: Some(PLAIN),
        ..Control::integer(
            "width",
            "width of the descents",
            "m",
            (2.0, 50.0),
            "8",
            "Narrow networks strand. Wide ones come near the floor, or reach it.",
        )
    },
    Control {
        when: Some(PLAIN),
        ..Control::choice(
            "method",
            "convex solver",
            &[Choice { value: "admm", label: "ADMM" }, Choice { value: "scp", label: "SCP" }],
            "admm",
            "ADMM over activation patterns, or only output weights over fixed random neurons.",
        )
    },
    Control {
        when: Some(BY_PATTERNS),
        ..Control::choice(
            "patterns",
            "activation patterns",
            &[same("4"), same("8"), same("16"), same("32"), same("64"), same("all")],
            "all",
            "Random ones, or all that ten points have: 91. A smaller sample is part of a larger one.",
        )
    },
    Control {
        when: Some(BY_NEURONS),
        ..Control::choice(
            "neurons",
            "random neurons",
            &[same("20"), same("100"), same("400")],
            "400",
            "Directions that are drawn once and never move.",
        )
    },
    Control {
        scale: Scale::Log,
        when: Some(PLAIN),
        ..Control::slider(
            "beta",
            "weight penalty",
            "β",
            (0.01, 0.3),
            "0.05",
            "The larger, the fewer neurons survive and the higher lies the floor.",
        )
    },
    Control {
        when: Some(ADVERSARIAL),
        step: 0.01,
        ..Control::slider(
            "epsilon",
            "reach of the adversary",
            "ε",
            (0.0, 0.2),
            "0.12",
            "How far every point may be moved along each axis: half the side of its box.",
        )
    },
    Control {
        panel: true,
        refuse: Some(Set::check),
        ..Control::text("points", "own points", "", "x,y,label;… with x and y from -1 to 1 and label 1 or -1.")
    },
];

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "descents",
        kind: "line",
        title: "Ten descents and the floor",
        hint: "drag to travel in time",
        wide: true,
    },
    PanelInfo {
        id: "geometry",
        kind: "plane",
        title: "The network",
        hint: "drag a point, click to flip it",
        wide: false,
    },
    PanelInfo { id: "convergence", kind: "line", title: "ADMM converges", hint: "straight means linear", wide: false },
    PanelInfo { id: "sizes", kind: "line", title: "A sample is enough", hint: "four draws and their mean", wide: true },
    PanelInfo {
        id: "robust_objective",
        kind: "line",
        title: "What is promised and what comes",
        hint: "drag to travel in time",
        wide: true,
    },
    PanelInfo {
        id: "standard_field",
        kind: "plane",
        title: "Standard training",
        hint: "red boxes can be turned",
        wide: false,
    },
    PanelInfo {
        id: "robust_field",
        kind: "plane",
        title: "Adversarial training",
        hint: "same points, same boxes",
        wide: false,
    },
    PanelInfo { id: "accuracies", kind: "bars", title: "Who stays right", hint: "400 fresh points", wide: false },
    PanelInfo { id: "violation", kind: "line", title: "Broken cones", hint: "0 would be exact", wide: false },
];

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "The convex program and the network have the same optimum.",
        place: "section 2, with the recovery of Pilanci and Ergen",
        measures: "p*, from ADMM with all patterns and 12,000 iterations, against the non-convex objective of the network \
                   that the solver shown hands back: relative gap below 0.001",
    },
    ClaimInfo {
        id: "C2",
        text: "ADMM reaches the global optimum; gradient descent can get stuck.",
        place: "sections 3 and 5",
        measures: "of ten descents at each of the widths 2, 4, 8, 20 and 50 none ends below p* (1 − 0.001); of those at \
                   width 8 at most half come within 1 % of it",
    },
    ClaimInfo {
        id: "C3",
        text: "ADMM converges linearly, and its first iterations already classify well.",
        place: "section 3",
        measures: "relative distance of its objective from p*: below 0.5 at iteration 200, 0.005 at 2,000 and 0.001 at \
                   4,000; at iteration 10 at least 90 % of the points are right",
    },
    ClaimInfo {
        id: "C4",
        text: "A modest sample of activation patterns comes close to the optimum.",
        place: "section 2, theorem on sampled patterns",
        measures: "optimum with the first 4, 8, 16 and 32 different patterns of random directions, over p*, four draws: \
                   never below 1 (− 0.001), the mean falls with every doubling, and is at most 1.15 with 32",
    },
    ClaimInfo {
        id: "C5",
        text: "The sampled convex program approaches the optimum as its sample grows.",
        place: "section on the SCP",
        measures: "its optimum with 20, 100 and 400 random neurons, over p*, mean of four draws: falls, and is at most 1.25 \
                   with 400",
    },
    ClaimInfo {
        id: "C6",
        text: "Convex adversarial training is robust where standard convex training is not.",
        place: "sections 4 and 5",
        measures: "accuracy on 400 fresh points under the worst of 81 moves in the box, adversarial less standard: at least \
                   5 points for each seed, and 15 in the median of three or more",
    },
    ClaimInfo {
        id: "C7",
        text: "The robust objective bounds the loss that an adversary can cause.",
        place: "section 4",
        measures: "robust objective less the network's objective on the worst moved training points: at least −0.005; for \
                   standard training the latter is above the objective by at least 0.2",
    },
    ClaimInfo {
        id: "C8",
        text: "It is a match for gradient descent on attacked points.",
        place: "section 5",
        measures: "accuracy under the worst moves, less that of a network of 40 units trained under attack: no seed below \
                   −8 points, median of three or more at least −3",
    },
];
