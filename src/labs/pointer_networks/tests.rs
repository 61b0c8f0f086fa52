//! The lab's parts against each other: what the visitor sees is what is measured.

use super::answer::Answerer;
use super::model::Head;
use super::program::{Plan, column};
use super::solve::hull::{convex_hull, corners};
use super::stream::{LEAVES, Stream};
use super::task::{InputOrder, Rules, TESTS, Task};
use super::*;
use crate::cpu::Machine;
use crate::labs::{Feed, Judge as _};
use crate::session::{History, Picture, RunView};
use std::sync::Arc;

fn rules(task: Task) -> Rules {
    Rules { task, inputs: InputOrder::Random, lowest_first: false, by_incenter: false, stretched: true }
}

fn plan(task: Task, n: usize) -> Plan {
    let head = Head::Point { glimpse: false };
    Plan {
        rules: rules(task),
        hidden: 16,
        head,
        range: [n; 2],
        tests: rules(task).tests(&[n]),
        steps: 300,
        rate: 0.02,
        seed: 3,
    }
}

/// A run of the plan, trained for a while, with its weights.
fn trained(plan: &Plan, steps: u64) -> (Machine, Vec<Weights>) {
    let program = Arc::new(plan.program().unwrap());
    let mut machine = Machine::new(program.clone());
    let mut stream = Stream::new(plan.rules, plan.seed, plan.range[0], plan.range[1]);
    let leaves: Vec<usize> = stream.leaves().iter().map(|name| program.leaf(name).unwrap()).collect();
    let routines: Vec<usize> = stream.routines().iter().map(|name| program.routine(name).unwrap()).collect();
    let mut contents = vec![Vec::new(); leaves.len()];
    for step in 0..steps {
        contents.iter_mut().for_each(Vec::clear);
        let routine = stream.batch(step, &mut contents);
        for (&leaf, values) in leaves.iter().zip(&contents).filter(|(_, values)| !values.is_empty()) {
            machine.write(leaf, values);
        }
        machine.run(routines[routine]);
    }
    let weights = program.leaves.iter().enumerate().filter(|(_, leaf)| leaf.role == crate::graph::Role::Parameter);
    let weights =
        weights.map(|(at, leaf)| (leaf.name.clone(), leaf.ty.shape.clone(), machine.leaf(at).to_vec())).collect();
    (machine, weights)
}

/// Tokens of one test set as the program gives them, up to the stop.
fn measured(machine: &mut Machine, output: &str, set: usize, n: usize, width: usize, which: usize) -> Vec<usize> {
    let program = machine.program().clone();
    let measure = program.routine("measure").unwrap();
    machine.run(measure);
    let at = program.routines[measure].outputs.iter().position(|known| known.name == output).unwrap();
    let all = machine.output(measure, at);
    let steps = all.len() / (TESTS * width);
    let tokens = (0..steps).map(|step| all[(step * TESTS + set) * width + which] as usize);
    tokens.take_while(|&token| token < n).collect()
}

#[test]
fn what_is_drawn_is_what_is_measured_and_the_largest_of_each_row() {
    for task in [Task::Hull, Task::Sort, Task::Tour, Task::Delaunay] {
        let plan = plan(task, 5);
        let (mut machine, weights) = trained(&plan, 300);
        let mut answerer = Answerer::new(&plan, 5).unwrap();
        answerer.load(&weights);
        for (at, (points, _)) in plan.rules.test_sets(5, 12).iter().enumerate() {
            let answer = answerer.answer(points, 1, false);
            let tokens = &answer.beams[0].tokens;
            assert_eq!(*tokens, measured(&mut machine, "free 5", at, 5, 1, 0), "{task:?}, set {at}");
            for (row, token) in answer.rows.chunks(6).zip(tokens.iter().chain([&5])) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                assert!(row.iter().all(|&share| share <= row[*token]), "{task:?} points at the largest share");
            }
        }
    }
}

#[test]
fn beams_of_the_page_and_of_the_measurement_agree_and_one_beam_is_greedy() {
    let plan = plan(Task::Tour, 5);
    let (mut machine, weights) = trained(&plan, 300);
    let mut answerer = Answerer::new(&plan, 5).unwrap();
    answerer.load(&weights);
    for (at, (points, _)) in plan.rules.test_sets(5, 20).iter().enumerate() {
        for width in [1, 3, 5] {
            let answer = answerer.answer(points, width, true);
            assert_eq!(answer.beams.len(), width);
            for (which, beam) in answer.beams.iter().enumerate() {
                assert!(tour::is_valid(&beam.tokens, 5) && beam.tokens[0] == 0 && beam.stopped);
                let output = format!("beam {width} of 5");
                assert_eq!(beam.tokens, measured(&mut machine, &output, at, 9, width, which), "set {at}, beam {width}");
            }
            let ordered = answer.beams.windows(2).all(|pair| pair[0].log_probability >= pair[1].log_probability);
            assert!(ordered, "the most probable first");
        }
    }
}

#[test]
fn an_untrained_network_draws_nonsense() {
    for (task, most) in [(Task::Hull, 3), (Task::Sort, 1), (Task::Delaunay, 1)] {
        let plan = plan(task, 8);
        let mut answerer = Answerer::new(&plan, 8).unwrap();
        let (_, weights) = trained(&plan, 0);
        answerer.load(&weights);
        let sets = plan.rules.test_sets(8, 50);
        let right = sets.iter().filter(|(points, truth)| {
            let answer = answerer.answer(points, 1, false);
            plan.rules.grade(points, truth, &answer.beams[0].tokens, answer.beams[0].stopped).right
        });
        assert!(right.count() < most, "{task:?}");
    }
}

#[test]
fn a_batch_is_a_function_of_its_step_and_holds_exact_answers() {
    let rules = rules(Task::Hull);
    let mut contents = vec![Vec::new(); 4 * LEAVES.len()];
    let mut again = contents.clone();
    let (mut stream, mut other) = (Stream::new(rules, 1, 5, 8), Stream::new(rules, 1, 5, 8));
    let mut lengths = [0; 4];
    for step in 0..40 {
        contents.iter_mut().chain(&mut again).for_each(Vec::clear);
        let which = stream.batch(step, &mut contents);
        lengths[which] += 1;
        other.batch(step + 1, &mut again);
        again.iter_mut().for_each(Vec::clear);
        assert_eq!(other.batch(step, &mut again), which);
        assert_eq!(contents, again, "whatever was asked for before");
        let n = 5 + which;
        let [points, previous, target, weight] = &contents[4 * which..][..4] else { unreachable!() };
        assert!((weight.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        for set in 0..stream::BATCH {
            let at = |values: &[f32], row: usize| {
                [values[(row * stream::BATCH + set) * 2], values[(row * stream::BATCH + set) * 2 + 1]]
            };
            let all: Vec<Point> = (0..n).map(|row| at(points, row)).collect();
            let tokens: Vec<usize> = (0..n + 2)
                .filter(|step| weight[step * stream::BATCH + set] > 0.0)
                .map(|step| target[step * stream::BATCH + set].to_bits() as usize)
                .collect();
            assert_eq!(tokens.last(), Some(&n), "it ends with the stop");
            let corners = &tokens[..tokens.len() - 1];
            assert_eq!(self::corners(corners), convex_hull(&all), "step {step}, set {set}");
            assert_eq!(corners.first(), corners.last());
            for (step, &token) in corners.iter().enumerate() {
                assert_eq!(at(previous, step), all[token], "the decoder is given coordinates");
            }
        }
    }
    assert!(lengths.iter().all(|&count| count > 0), "every length comes");
}

#[test]
fn answers_are_judged_as_the_paper_does() {
    let square = [[0.1, 0.1], [0.9, 0.12], [0.88, 0.9], [0.11, 0.93], [0.5, 0.4]];
    let rules = rules(Task::Hull);
    let truth = rules.answer(&square, &mut Solver::default());
    let grade = |tokens: &[usize], stopped| rules.grade(&square, &truth, tokens, stopped);
    assert_eq!(truth, [0, 1, 2, 3, 0]);
    assert!(grade(&[2, 3, 0, 1, 2], true).right, "a cyclic shift is the same polygon");
    assert!(!grade(&[0, 3, 2, 1, 0], true).right, "clockwise is not");
    assert!(!grade(&[0, 1, 2, 3, 0], false).right, "it must stop");
    let dented = grade(&[0, 1, 2, 4, 0], true);
    assert!(dented.valid && !dented.right && dented.share < 0.9 && dented.wrong == [false, false, true, true]);
    assert!(!grade(&[0, 2, 1, 3, 0], true).valid, "it crosses itself");

    let tours = self::rules(Task::Tour);
    let truth = tours.answer(&square, &mut Solver::default());
    assert!(tours.grade(&square, &truth, &truth, true).right);
    assert!(!tours.grade(&square, &truth, &truth[..4], true).valid, "a city is missing");
    let triangles = self::rules(Task::Delaunay);
    let truth = triangles.answer(&square, &mut Solver::default());
    let turned: Vec<usize> = truth.chunks(3).flat_map(|t| [t[2], t[0], t[1]]).collect();
    assert!(triangles.grade(&square, &truth, &turned, true).right, "corners of a triangle in any order");
    let half = triangles.grade(&square, &truth, &truth[..6], true);
    assert!(!half.right && (half.share - 6.0 / truth.len() as f64).abs() < 1e-12);
}

#[test]
fn a_recorded_network_reads_back_and_a_damaged_one_is_refused() {
    let plan = plan(Task::Sort, 5);
    let (_, weights) = trained(&plan, 2);
    let told = || ["command", "seed", "steps", "figures"].map(|name| (name, format!("the {name}")));
    let bytes = recorded::write(&plan, &weights, told()).unwrap();
    let back = recorded::read(&bytes).unwrap();
    assert_eq!((back.hidden, back.range, back.command.as_str()), (16, [5, 5], "the command"));
    assert_eq!(back.weights.len(), weights.len());
    for (name, shape, values) in &weights {
        assert!(back.weights.iter().any(|other| (&other.0, &other.1, &other.2) == (name, shape, values)), "{name}");
    }
    for end in [0, 7, 8, 100, bytes.len() - 1] {
        assert!(recorded::read(&bytes[..end]).is_err(), "cut at {end}");
    }
    let mut broken = bytes.clone();
    let last = broken.len() - 4;
    broken[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(recorded::read(&broken).unwrap_err().to_string().contains("not finite"));
}

/// The networks that are shipped keep what their metadata promise.
#[test]
fn the_recorded_networks_are_as_good_as_they_say() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/labs/pointer_networks");
    for task in [Task::Hull, Task::Sort, Task::Delaunay, Task::Tour] {
        let file = folder.join(format!("{}.safetensors", panels::name(task)));
        let recorded =
            recorded::read(&std::fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"))).unwrap();
        let [least, most] = recorded.range;
        let mut settings = Settings::defaults(CONTROLS, 0);
        settings.set(CONTROLS, "task", panels::name(task)).unwrap();
        let plan = Plan { hidden: recorded.hidden, range: recorded.range, ..plan_of(&settings) };
        let plan = Plan { tests: plan.rules.tests(&[least, most]), ..plan };
        let program = Arc::new(plan.program().unwrap());
        let mut machine = Machine::new(program.clone());
        for (name, _, values) in &recorded.weights {
            machine.write(program.leaf(name).unwrap_or_else(|| panic!("{name} is no leaf")), values);
        }
        let measure = program.routine("measure").unwrap();
        machine.run(measure);
        let outputs: Vec<&[f32]> =
            (0..program.routines[measure].outputs.len()).map(|at| machine.output(measure, at)).collect();
        let judge = Judge::new(&plan);
        let numbers = judge.judge(&outputs);
        let name = column(measures(task)[0], most);
        let at = judge.numbers().iter().position(|known| *known == name).unwrap();
        let told = format!("{} {} at n = {most}", measures(task)[0], number::rounded(numbers[at] as f64, 3));
        assert!(recorded.figures.contains(&told), "{task:?}: measured {told}, recorded {}", recorded.figures);
    }
}

/// However the visitor numbers the points, the picture is the same: answers come in the visitor's order.
#[test]
fn points_that_are_read_in_another_order_keep_their_numbers() {
    let mut settings = Settings::defaults(CONTROLS, 0);
    for (name, value) in [("task", "delaunay"), ("network", "untrained"), ("points", "0.9,0.2;0.1,0.3;0.5,0.8;0.4,0.1")]
    {
        settings.set(CONTROLS, name, value).unwrap();
    }
    let mut lab = (LAB.open)(&settings, false).unwrap();
    let mut payload = Payload::default();
    let session = crate::session::Session::open(&LAB, settings.clone(), false).unwrap();
    let answer = lab.panel("answer", &session.view(), &mut payload);
    let array = |value: &Value| payload.arrays[value["$"].as_u64().unwrap() as usize].clone();
    assert_eq!(array(&answer["points"]), [0.9, 0.2, 0.1, 0.3, 0.5, 0.8, 0.4, 0.1]);
    let tokens: Vec<usize> =
        answer["tokens"].as_array().unwrap().iter().map(|token| token.as_f64().unwrap() as usize).collect();
    let rows = array(&answer["rows"]);
    for (row, &token) in rows.chunks(5).zip(&tokens) {
        assert!(row.iter().all(|&share| share <= row[token]), "each row is largest where it points");
    }
    // Of four points in a row of triangles the two triangles share the middle edge: 1-2-3 (the left ones) and 0-2-3.
    let mut truth: Vec<Vec<u64>> = answer["truth"]
        .as_array()
        .unwrap()
        .chunks(3)
        .map(|triple| {
            let mut triple: Vec<u64> = triple.iter().map(|corner| corner.as_f64().unwrap() as u64).collect();
            triple.sort_unstable();
            triple
        })
        .collect();
    truth.sort();
    assert_eq!(truth, [vec![0, 2, 3], vec![1, 2, 3]]);
    let mut payload = Payload::default();
    let diagram = lab.panel("diagram", &session.view(), &mut payload);
    assert_eq!(diagram["inputs"][0], "0.10 0.30", "the leftmost is read first");
    assert_eq!(diagram["numbers"][0].as_f64(), Some(2.0), "and has the visitor's number");
}

#[test]
fn weights_that_are_no_numbers_are_called_so() {
    let settings = Settings::defaults(CONTROLS, 1);
    let mut lab = open(&settings, false).unwrap();
    let plan = plan_of(&settings);
    let g = &mut Graph::new();
    plan.network(g);
    let weights = |fill: f32| Picture {
        names: g.leaves().iter().map(|leaf| leaf.name.clone()).collect(),
        arrays: g.leaves().iter().map(|leaf| vec![fill; leaf.ty.elements()]).collect(),
    };
    let history = History::default();
    let mut answer = |step: u64, picture: &Picture| {
        let run = RunView { name: "", history: &history, step, steps: 10, finished: false, picture: Some(picture) };
        lab.panel("answer", &View { runs: vec![run], other_seeds: Vec::new() }, &mut Payload::default())
    };
    assert!(answer(1, &weights(0.01))["unanswered"].is_null());
    let spoilt = answer(2, &weights(f32::NAN));
    assert_eq!(spoilt["unanswered"], true);
    assert!(spoilt["source"]["text"].as_str().unwrap().contains("no longer finite"), "{spoilt}");
}
