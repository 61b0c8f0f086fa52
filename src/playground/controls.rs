//! What a visitor of the playground can turn. Names are keys of links.

use crate::labs::{Choice, Control, Effect, Scale, When};

const fn choice(value: &'static str, label: &'static str) -> Choice {
    Choice { value, label }
}

/// Values of the control `dataset`.
pub const DATA_SETS: &[Choice] = &[
    choice("circle", "circle"),
    choice("xor", "xor"),
    choice("gauss", "two clouds"),
    choice("spiral", "spiral"),
    choice("moons", "moons"),
    choice("rings", "rings"),
    choice("plane", "slope"),
    choice("multigauss", "hills"),
    choice("own", "own points"),
];

/// Values of the control `optimiser`.
const OPTIMISERS: &[Choice] =
    &[choice("sgd", "gradient descent"), choice("momentum", "momentum 0.9"), choice("adam", "Adam")];

/// A control that takes effect while the network learns.
const fn retuned(control: Control, scale: Scale) -> Control {
    Control { effect: Effect::Retune, scale, ..control }
}

const fn slider(
    name: &'static str,
    label: &'static str,
    range: (f64, f64),
    default: &'static str,
    help: &'static str,
) -> Control {
    Control::slider(name, label, "", range, default, help)
}

/// Every control, in the order of the page.
pub const CONTROLS: &[Control] = &[
    Control::choice("dataset", "data", DATA_SETS, "circle", "What the network learns."),
    slider("noise", "noise", (0.0, 0.5), "0.1", "How far points, or the places of their labels, are moved."),
    Control {
        unit: "%",
        ..Control::integer(
            "test_share",
            "test share",
            "",
            (10.0, 90.0),
            "50",
            "Share of the points kept back for testing.",
        )
    },
    Control {
        when: Some(When { name: "dataset", values: &["own"] }),
        ..Control::text("points", "own points", "", "Own points as x,y,label;… with labels from -1 to 1.")
    },
    Control {
        step: 10.0,
        ..Control::integer(
            "points_count",
            "points",
            "",
            (50.0, 1000.0),
            "500",
            "Number of points, for training and testing together.",
        )
    },
    Control::text("net", "network", DEFAULT_NET, "The network as text, layer by layer."),
    Control::choice("optimiser", "optimiser", OPTIMISERS, "adam", "How weights follow their gradients."),
    retuned(
        slider("rate", "learning rate", (1e-5, 10.0), "0.01", "How far a step goes along the gradient."),
        Scale::Log,
    ),
    Control::integer(
        "batch",
        "batch",
        "",
        (1.0, 256.0),
        "16",
        "Points per step, at most as many as there are to learn from.",
    ),
    retuned(slider("l1", "L1", (0.0, 1.0), "0", "Weight of Σ|w|, which drives weights to zero."), Scale::Linear),
    retuned(slider("l2", "L2", (0.0, 1.0), "0", "Weight of ½ Σw², which keeps weights small."), Scale::Linear),
    Control::integer("data_seed", "data seed", "", (0.0, 999_999.0), "0", "Draws another data set of the same kind."),
];

/// Learns the default data set, without noise, to a test loss of 0.05 within 200 steps.
pub const DEFAULT_NET: &str = "input x y | linear 6 | tanh | linear 5 | tanh | linear 4 | tanh | linear 1";
