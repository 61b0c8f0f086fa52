//! The standard training jobs compute what other libraries compute: their data and first weights are those of the
//! jobs' definition, and after a fixed number of steps the loss is the other libraries'.

use petri::bench::measure::Trainer;
use petri::bench::{self, data};
use petri::cpu::Machine;
use std::sync::Arc;

/// Name, elements, the first, middle and last of them, and `Σ (i mod 97 + 1) · element i` over positions i.
type Array = (&'static str, usize, [f64; 3], f64);

/// Computed in Node by the definition that the other libraries' measurements use (`lib/workloads.mjs` of that harness),
/// in double precision over the stored values; integers as numbers.
#[rustfmt::skip] // one array a line
#[allow(clippy::approx_constant)] // a drawn value may look like one
const DEFINED: &[(&str, &[Array])] = &[
    (
        "W0-256",
        &[
            ("h", 65536, [0.9934540390968323,-0.007069290149956942,0.9886167645454407], -10672.785921082017),
            ("x", 65536, [0.3858005702495575,0.8712953329086304,-0.5173659324645996], -84.13878869637847),
            ("odd", 65536, [0.43704691529273987,0.9266385436058044,-0.6587088108062744], 1834.208464841221),
        ],
    ),
    (
        "W0-512",
        &[
            ("h", 262144, [0.9950005412101746,-0.004283420275896788,0.9927420616149902], -21319.572192563268),
            ("x", 262144, [-0.36540359258651733,-0.3256818354129791,0.13426709175109863], -14747.628994592),
            ("odd", 262144, [-0.2974456250667572,-0.26745668053627014,0.178953617811203], 496.0377327299502),
        ],
    ),
    (
        "W0-1024",
        &[
            ("h", 1048576, [0.9993612170219421,-0.0010735730174928904,0.9994980692863464], -42786.30396255443),
            ("x", 1048576, [0.7476515173912048,-0.40320292115211487,-0.8093593716621399], -68624.28629878443),
            ("odd", 1048576, [0.7203075885772705,-0.4491606652736664,-0.7881404757499695], -9973.278532151973),
        ],
    ),
    (
        "W1",
        &[
            ("x", 400, [2.4713194370269775,0.7870015501976013,0.02198753133416176], -657.4217795915902),
            ("y", 200, [1.0,1.0,1.0], -539.0),
            ("w1", 16, [0.1011037528514862,0.3654746413230896,0.0007294877432286739], 0.48759449273347855),
            ("b1", 8, [0.10000000149011612,0.10000000149011612,0.10000000149011612], 3.6000000536441803),
            ("w2", 64, [0.18661202490329742,-0.21579301357269287,0.07845302671194077], -0.3943861350417137),
            ("b2", 8, [0.10000000149011612,0.10000000149011612,0.10000000149011612], 3.6000000536441803),
            ("w3", 8, [-0.16303791105747223,-0.20479132235050201,0.1950652003288269], 3.0529913678765297),
            ("b3", 1, [0.10000000149011612,0.10000000149011612,0.10000000149011612], 0.10000000149011612),
        ],
    ),
    (
        "W2",
        &[
            ("x", 114688, [0.1552843451499939,0.06021984666585922,0.48106303811073303], 2610275.724352603),
            ("y", 1792, [3.0,9.0,5.0], 398510.0),
            ("w1", 16384, [0.0276884026825428,0.08802805840969086,-0.011576397344470024], -182.18792873561688),
            ("b1", 256, [0.0,0.0,0.0], 0.0),
            ("w2", 65536, [0.024132708087563515,-0.018624745309352875,0.08676968514919281], 293.1677232201247),
            ("b2", 256, [0.0,0.0,0.0], 0.0),
            ("w3", 2560, [-0.03838617727160454,-0.1366328001022339,0.01971016451716423], -449.2598602422149),
            ("b3", 10, [0.0,0.0,0.0], 0.0),
        ],
    ),
    (
        "W3",
        &[
            ("x", 547468, [0.0,0.0,0.0], 277852.0),
            ("y", 2822, [47.0,80.0,76.0], 6599763.0),
            ("w1", 49664, [0.023348910734057426,0.00008959033584687859,-0.07352491468191147], 434.5399761074775),
            ("b1", 256, [0.0,0.0,0.0], 0.0),
            ("w2", 24832, [0.043788570910692215,0.016623154282569885,-0.022807788103818893], 244.6604463972585),
            ("b2", 97, [0.0,0.0,0.0], 0.0),
        ],
    ),
    (
        "W4",
        &[
            ("x", 7680, [33.0,91.0,97.0], 24159223.0),
            ("y", 2560, [47.0,6.0,61.0], 5999281.0),
            ("tok", 12544, [0.030956575646996498,0.021068785339593887,0.05946500226855278], -318.03546323796763),
            ("pos", 384, [-0.041862282902002335,0.12464835494756699,-0.009269866161048412], 276.7103418237966),
            ("wq", 16384, [0.0923660397529602,0.06422854214906693,0.0008296141750179231], 383.43377622742446),
            ("wk", 16384, [-0.11942446976900101,-0.08824260532855988,0.09461506456136703], 851.7626008922152),
            ("wv", 16384, [0.14274081587791443,0.13111844658851624,-0.1159316822886467], 295.6136564355693),
            ("wo", 16384, [0.019520046189427376,-0.12424201518297195,-0.051183637231588364], 402.27216461004264),
            ("win", 65536, [-0.04262615367770195,0.05841333046555519,-0.03831741586327553], -46.337135642058456),
            ("bin", 512, [0.0,0.0,0.0], 0.0),
            ("wout", 65536, [-0.06444796174764633,-0.07352158427238464,-0.006210331339389086], -1057.6183222194932),
            ("bout", 128, [0.0,0.0,0.0], 0.0),
            ("unembed", 12544, [-0.011583919636905193,-0.05208545923233032,0.006102793384343386], -813.9605777558409),
        ],
    ),
    (
        "W5",
        &[
            ("x", 25600, [0.0732949748635292,0.8018760085105896,0.4835331439971924], 631451.8981052462),
            ("dec", 25600, [-1.0,-1.0,0.8942456841468811], 390567.3380295187),
            ("y", 25600, [4.0,8.0,4.0], 5642225.0),
            ("ewx", 256, [0.02527593821287155,-0.07899414002895355,0.09266382455825806], -15.978873122949153),
            ("ewh", 16384, [-0.017400309443473816,0.08728854358196259,0.0009051705710589886], 522.2626683499548),
            ("eb", 256, [0.0,0.0,0.0], 3169.0),
            ("dwx", 256, [0.014736877754330635,0.045477040112018585,-0.09207334369421005], -94.2032123527606),
            ("dwh", 16384, [0.0214631836861372,0.08789366483688354,0.11504752933979034], 402.7895536660799),
            ("db", 256, [0.0,0.0,0.0], 3169.0),
            ("a1", 4096, [-0.12210511416196823,0.20784972608089447,0.05700540915131569], -439.1899641130367),
            ("a2", 4096, [0.022457651793956757,0.04092250019311905,0.1671181619167328], 1246.8401111485691),
            ("v", 64, [-0.012909872457385063,-0.45306628942489624,0.8451287150382996], 225.20988621888682),
        ],
    ),
    (
        "W6",
        &[
            ("x", 802816, [0.5757534503936768,0.7026113271713257,-0.2026735544204712], 19827463.842156872),
            ("y", 1024, [6.0,5.0,7.0], 220022.0),
            ("k1", 200, [0.033020347356796265,0.10514869540929794,0.16050906479358673], 7.4445283892564476),
            ("c1", 8, [0.0,0.0,0.0], 0.0),
            ("k2", 3200, [0.06319547444581985,-0.04101761057972908,0.002058017998933792], 16.27577295043011),
            ("c2", 16, [0.0,0.0,0.0], 0.0),
            ("wd", 7840, [0.07629701495170593,-0.06561464071273804,-0.06647899746894836], -201.21885425252185),
            ("bd", 10, [0.0,0.0,0.0], 0.0),
        ],
    ),
];

/// Columns of unsigned integers.
fn is_integer(task: &str, array: &str) -> bool {
    matches!((task, array), ("W2" | "W3" | "W4" | "W5" | "W6", "y") | ("W4", "x"))
}

#[test]
fn arrays_are_those_of_the_definition() {
    assert_eq!(DEFINED.len(), bench::ALL.len());
    for (id, expected) in DEFINED {
        let arrays = data::draw(bench::find(id).unwrap());
        for &(name, count, some, sum) in *expected {
            let values = arrays.values(name).unwrap_or_else(|| panic!("{id} {name} is missing"));
            assert_eq!(values.len(), count, "{id} {name}");
            let number = |value: f32| if is_integer(id, name) { f64::from(value.to_bits()) } else { f64::from(value) };
            for (at, expected) in [0, count / 2, count - 1].into_iter().zip(some) {
                // The last bit of a cosine is the platform's.
                assert!((number(values[at]) - expected).abs() <= 1e-6 * expected.abs(), "{id} {name} {at}");
            }
            let weighted = values.iter().enumerate().map(|(i, &value)| (i % 97 + 1) as f64 * number(value));
            let found: f64 = weighted.sum();
            assert!((found - sum).abs() <= 1e-6 * sum.abs().max(1.0), "{id} {name}: {found}, not {sum}");
        }
    }
}

/// Losses before the first step of JAX on a CPU, from the same measurements as [`bench::Task::agreed`].
const FIRST_LOSSES: &[(&str, f32)] = &[
    ("W1", 0.508_692_1),
    ("W2", 2.378_028_7),
    ("W3", 4.579_030_5),
    ("W4", 4.597_394),
    ("W5", 2.302_983_2),
    ("W6", 2.404_519_9),
];

#[test]
fn losses_are_those_of_other_libraries() {
    for task in bench::ALL {
        // Nothing new, and slow.
        if task.id == "W0-1024" {
            continue;
        }
        let program = task.program(&data::draw(task)).unwrap();
        let mut machine = Machine::new(Arc::new(program));
        let first = machine.loss();
        let expected = FIRST_LOSSES.iter().find(|(id, _)| *id == task.id).map_or(0.0, |(_, loss)| *loss);
        assert!((first - expected).abs() <= 1e-5 * expected, "{}: {first} at first, not {expected}", task.id);
        machine.step(task.checked_after);
        let loss = machine.loss();
        assert!(task.agrees(loss), "{}: {loss} after {} steps, not {}", task.id, task.checked_after, task.agreed);
    }
}

/// Every copy of a network, trained beside the others, has the loss that it has alone.
#[test]
fn replicas_learn_what_one_learns() {
    for id in ["W1", "W2", "W5"] {
        let task = bench::find(id).unwrap();
        let program = Arc::new(task.replicas(&data::draw(task), 3).unwrap());
        let mut machine = Machine::new(program.clone());
        machine.step(task.checked_after);
        let loss = program.routine(bench::LOSS).unwrap();
        machine.run(loss);
        let losses = machine.output(loss, 0);
        assert!(losses.len() == 3 && losses.iter().all(|loss| task.agrees(*loss)), "{id}: {losses:?}");
    }
}

/// On a GPU a dispatch costs more than most of what it computes.
#[test]
fn a_training_step_takes_few_dispatches() {
    for (id, most) in [("W1", 9), ("W2", 11), ("W3", 8), ("W4", 30), ("W5", 144), ("W6", 23)] {
        let task = bench::find(id).unwrap();
        let program = task.program(&data::draw(task)).unwrap();
        let train = program.routines.iter().find(|routine| routine.name == bench::TRAIN).unwrap();
        assert!(train.dispatch_count() <= most, "{id}: {} dispatches, at most {most} before", train.dispatch_count());
    }
}

/// Long products in parts take one dispatch more.
#[cfg(feature = "gpu")]
#[test]
fn products_in_parts_take_few_dispatches_more() {
    use petri::gpu::{Schedule, Tiling};
    for (id, most) in [("W1", 9), ("W2", 11), ("W3", 9), ("W4", 34), ("W5", 144), ("W6", 22)] {
        let task = bench::find(id).unwrap();
        let program = task.program(&data::draw(task)).unwrap();
        let train = program.routines.iter().position(|routine| routine.name == bench::TRAIN).unwrap();
        let count = Schedule::new(&program, &Tiling::USUAL).dispatches(train);
        assert!(count <= most, "{id}: {count} dispatches, at most {most} before");
    }
}

#[test]
fn networks_in_many_widths_train_on_their_own_data() {
    assert!(bench::WIDE.is_sorted_by(|one, other| one.flops < other.flops));
    for task in bench::WIDE {
        assert!(!task.agrees(0.0), "{}: nothing is known of its loss", task.id);
        assert_eq!(bench::find(task.id).unwrap().title, task.title);
        let program = Arc::new(task.program(&data::draw(task)).unwrap());
        // What is timed is what the table says: products are all but a few of the operations.
        let train = program.routines.iter().find(|routine| routine.name == bench::TRAIN).unwrap();
        let products: u64 = train.kernels.iter().map(petri::plan::Kernel::flops).sum();
        let share = task.flops / products as f64;
        assert!((0.5..=1.0).contains(&share), "{}: {share} of {products} operations", task.id);
        // Wide ones differ in size alone.
        if task.flops > 1e8 {
            continue;
        }
        let mut machine = Machine::new(program);
        let first = machine.loss();
        machine.step(50);
        let loss = machine.loss();
        assert!((1.5..4.0).contains(&first) && loss < 0.95 * first, "{}: {first} → {loss}", task.id);
    }
}

#[test]
fn an_array_that_is_missing_or_of_another_size_is_named() {
    let task = bench::find("W1").unwrap();
    let mut arrays = data::draw(task);
    arrays.insert("w2", vec![0.0; 63]);
    let message = task.program(&arrays).unwrap_err().to_string();
    assert!(message.contains("w2") && message.contains("63"), "{message}");
    let message = task.program(&bench::Arrays::default()).unwrap_err().to_string();
    assert!(message.contains("w1") && message.contains("missing"), "{message}");
    assert!(bench::find("W9").err().unwrap().to_string().contains("W6"));
}
