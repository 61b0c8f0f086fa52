use super::model::*;
use crate::cpu;
use crate::graph::{Entry, Graph, Role, Var};
use crate::optim::{Adam, Update, schedule};
use crate::plan;
use crate::rng::Rng;
use std::sync::Arc;
use std::time::Instant;

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
#[ignore]
fn tune() {
    let (hidden, batch, steps) = (env("H", 48.0) as usize, env("B", 64.0) as usize, env("STEPS", 2200.0) as usize);
    let (least, most, rate) = (env("LEAST", 5.0) as usize, env("MOST", 8.0) as usize, env("RATE", 6e-3) as f32);
    let unrolled = env("UNROLL", 1.0) > 0.0;
    let glimpse = env("GLIMPSE", 0.0) > 0.0;
    let (b2, eps_decay) = (env("B2", 0.999) as f32, env("FLOOR", 0.03) as f32);
    let constant = env("CONST", 0.6) as f32;
    let seed = env("SEED", 1.0) as u32;
    let scale = env("SCALE", 1.0) as f32;
    let tests = [5usize, 8, 10];
    let g = &mut Graph::new();
    let mut rng = Rng::new(seed, "pointer");
    let net = Network::new(g, Shape { features: 1, hidden, head: Head::Point { glimpse } }, &mut rng);
    let parameters = net.parameters();
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let warm = schedule::warm_up(g, step, 50.0).unwrap();
    let span = schedule::Span::new(constant * steps as f32, (1.0 - constant) * steps as f32);
    let decay = if env("COSINE", 0.0) > 0.0 {
        schedule::cosine(g, step, span, 1.0, eps_decay).unwrap()
    } else {
        schedule::linear(g, step, span, 1.0, eps_decay).unwrap()
    };
    let lr = g.mul(warm, decay).unwrap();
    let lr = g.mul_number(lr, rate).unwrap();
    let mut entries = Vec::new();
    for n in least..=most {
        g.scoped(&format!("train {n}"), |g| {
            let x = g.leaf_with(Role::Input, "points", &[n, batch, 1], vec![0.0; n * batch]);
            let previous = g.leaf_with(Role::Input, "previous", &[n, batch, 1], vec![0.0; n * batch]);
            let target = g.leaf_u32(Role::Input, "target", &[n + 1, batch], &vec![0; (n + 1) * batch]);
            let memory = net.encode(g, x, unrolled).unwrap();
            let first = net.first(g, batch).unwrap();
            let first = g.reshape(first, &[1, batch, 1]).unwrap();
            let inputs = g.concatenate(&[first, previous], 0).unwrap();
            let states = net.decode(g, &memory, inputs, unrolled).unwrap();
            let logits = net.logits(g, &memory, states).unwrap();
            let ce = g.cross_entropy(logits, target).unwrap();
            let ce = if env("FOCAL", 0.0) > 0.0 {
                let p = g.neg(ce).unwrap();
                let p = g.exp(p).unwrap();
                let one = g.constant(1.0, &[]).unwrap();
                let w = g.sub(one, p).unwrap();
                let w = g.stop_gradient(w).unwrap();
                g.mul(w, ce).unwrap()
            } else {
                ce
            };
            let loss = g.mean_all(ce).unwrap();
            let gradients = g.grad(loss, &parameters).unwrap();
            let pairs: Vec<(Var, Var)> = parameters.iter().copied().zip(gradients).collect();
            let adam = Adam::new(0.9, b2);
            let assigns = Update::new(&adam, lr).clip_norm(2.0).apply(g, &pairs, step).unwrap();
            entries.push(Entry { name: format!("train {n}"), outputs: vec![("loss".into(), loss)], assigns });
        });
    }
    let count = 1000;
    for n in tests {
        g.scoped(&format!("test {n}"), |g| {
            let x = g.leaf_with(Role::Input, "points", &[n, count, 1], vec![0.0; n * count]);
            let memory = net.encode(g, x, false).unwrap();
            let points = g.permute(x, &[1, 0, 2]).unwrap();
            let first = net.first(g, count).unwrap();
            let clock = g.constant(0.0, &[n + 1, 1]).unwrap();
            let carries = vec![memory.state.0[0], memory.state.0[1], first];
            let out = g
                .scan(&carries, &[clock], crate::nn::recurrent::Direction::Forwards, |g, c, _| {
                    let state = net.step(g, c[2], &crate::nn::recurrent::State(vec![c[0], c[1]]))?;
                    let d = g.unsqueeze(state.0[0], 0)?;
                    let logits = net.logits(g, &memory, d)?;
                    let logits = g.squeeze(logits, 0)?;
                    let token = g.argmax(logits)?;
                    let next = g.take(points, token, 1)?;
                    let token = g.to_f32(token)?;
                    Ok((vec![state.0[0], state.0[1], next], vec![token]))
                })
                .unwrap();
            entries.push(Entry { name: format!("test {n}"), outputs: vec![("tokens".into(), out.outputs[0])], assigns: vec![] });
        });
    }
    let started = Instant::now();
    let program = Arc::new(plan::plan(g, &entries).unwrap());
    println!("plan {:?}", started.elapsed());
    if env("PLAN", 0.0) > 0.0 {
        println!("{}", program.to_text());
    }
    let mut machine = cpu::Machine::new(program.clone());
    let leaf = |name: &str| program.leaf(name).unwrap();
    let mut testsets = Vec::new();
    for n in tests {
        let mut rng = Rng::new(77, "test");
        let sets: Vec<Vec<f32>> = (0..count).map(|_| (0..n).map(|_| rng.uniform()).collect()).collect();
        let mut x = vec![0.0; n * count];
        for (b, set) in sets.iter().enumerate() {
            for t in 0..n {
                x[t * count + b] = (set[t] - 0.5) * scale;
            }
        }
        machine.write(leaf(&format!("test {n}.points")), &x);
        testsets.push(sets);
    }
    let order = |set: &[f32]| -> Vec<usize> {
        let mut o: Vec<usize> = (0..set.len()).collect();
        o.sort_by(|&a, &b| set[a].total_cmp(&set[b]));
        o
    };
    let started = Instant::now();
    let mut data = Rng::new(seed, "data");
    for step in 0..=steps {
        if step % (steps / 10).max(1) == 0 {
            let elapsed = started.elapsed().as_secs_f64();
            let mut text = String::new();
            for (at, n) in tests.into_iter().enumerate() {
                let r = program.routine(&format!("test {n}")).unwrap();
                machine.run(r);
                let tokens = machine.output(r, 0);
                let right = testsets[at]
                    .iter()
                    .enumerate()
                    .filter(|(b, set)| {
                        let o = order(set);
                        (0..n).all(|t| tokens[t * count + b] as usize == o[t]) && tokens[n * count + b] as usize == n
                    })
                    .count();
                text += &format!(" n={n} {:.3}", right as f64 / count as f64);
            }
            println!("step {step} {elapsed:.1}s {text}");
        }
        let n = least + data.below((most - least + 1) as u32) as usize;
        let r = program.routine(&format!("train {n}")).unwrap();
        let (mut x, mut previous, mut target) = (vec![0.0; n * batch], vec![0.0; n * batch], vec![0.0; (n + 1) * batch]);
        for b in 0..batch {
            let set: Vec<f32> = (0..n).map(|_| data.uniform()).collect();
            let o = order(&set);
            for t in 0..n {
                x[t * batch + b] = (set[t] - 0.5) * scale;
                previous[t * batch + b] = (set[o[t]] - 0.5) * scale;
                target[t * batch + b] = f32::from_bits(o[t] as u32);
            }
            target[n * batch + b] = f32::from_bits(n as u32);
        }
        machine.write(leaf(&format!("train {n}.points")), &x);
        machine.write(leaf(&format!("train {n}.previous")), &previous);
        machine.write(leaf(&format!("train {n}.target")), &target);
        machine.run(r);
    }
    let elapsed = started.elapsed().as_secs_f64();
    if env("PROFILE", 0.0) > 0.0 {
        let r = program.routine(&format!("train {most}")).unwrap();
        let mut times = vec![0.0; program.routines[r].kernels.len()];
        let clock = || started.elapsed().as_secs_f64() * 1e6;
        for _ in 0..50 {
            machine.run_timed(r, &clock, &mut times);
        }
        let text = program.to_text();
        let part = text.split(&format!("routine train {most}")).nth(1).unwrap_or("");
        println!("{}", &part[..part.len().min(200)]);
        let mut rows: Vec<(f64, usize)> = times.iter().enumerate().map(|(i, t)| (t / 50.0, i)).collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        println!("kernels {} total {:.0} us", rows.len(), rows.iter().map(|r| r.0).sum::<f64>());
        for (t, i) in rows.iter().take(60) {
            println!("{t:8.1} us  #{i} {} {}", program.routines[r].labels[*i], program.routines[r].kernels[*i].summary());
        }
    }
    println!("{:.2} ms a step", 1000.0 * elapsed / steps as f64);
}
