use super::*;
use crate::playground::Feature;
use crate::rng::Rng;
use prost::Message;

const NET: &str = "input x y x2 y2 xy sinx siny | linear 5 | tanh | linear 4 | relu | dropout 0.25 | linear 6 | sigmoid \
                   | linear 3 | gelu | linear 4 | sine | linear 3 | linear 1";

fn network(text: &str) -> (NetworkSpec, Vec<Weights>) {
    let spec = NetworkSpec::parse(text).expect("valid");
    let mut rng = Rng::new(1, "export");
    let mut weights = vec![("points".to_owned(), vec![1], vec![7.0])];
    let mut inputs = spec.features.len();
    for (name, units) in spec.names().into_iter().zip(spec.units()) {
        let mut draw = |count: usize| (0..count).map(|_| 2.0 * rng.uniform() - 1.0).collect::<Vec<f32>>();
        weights.push((format!("{name}.weight"), vec![inputs, units], draw(inputs * units)));
        weights.push((format!("{name}.bias"), vec![units], draw(units)));
        inputs = units;
    }
    (spec, weights)
}

/// The network's output in double precision.
fn output(spec: &NetworkSpec, layers: &[Layer], point: (f32, f32)) -> f64 {
    let mut x: Vec<f64> = spec.features.iter().map(|feature| feature.evaluate(point.0, point.1) as f64).collect();
    for layer in layers {
        x = (0..layer.units)
            .map(|unit| {
                let products =
                    x.iter().enumerate().map(|(input, v)| v * layer.weight[input * layer.units + unit] as f64);
                let sum = layer.bias[unit] as f64 + products.sum::<f64>();
                match layer.activation {
                    Activation::Tanh => sum.tanh(),
                    Activation::Relu => sum.max(0.0),
                    Activation::Sigmoid => 1.0 / (1.0 + (-sum).exp()),
                    Activation::Gelu => 0.5 * sum * (1.0 + crate::reference::erf(sum / 2f64.sqrt())),
                    Activation::Sine => sum.sin(),
                    Activation::None => sum,
                }
            })
            .collect();
    }
    x[0]
}

#[test]
fn python_text_has_every_layer_feature_and_weight() {
    let (spec, weights) = network(NET);
    let file = export(&spec, &weights, Format::Python).expect("complete");
    let text = String::from_utf8(file.bytes).expect("text");
    assert_eq!(file.name, "model.py");
    for line in [
        "            nn.Linear(7, 5),\n            nn.Tanh(),\n            nn.Linear(5, 4),\n            nn.ReLU(),",
        "            nn.Dropout(0.25),\n            nn.Linear(4, 6),\n            nn.Sigmoid(),",
        "            nn.GELU(),\n            nn.Linear(3, 4),\n            Sine(),\n",
        "            nn.Linear(4, 3),\n            nn.Linear(3, 1),\n        )",
        "torch.stack([x, y, x * x, y * y, x * y, torch.sin(x), torch.sin(y)], dim=-1)",
        "class Sine(nn.Module):",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let (_, _, values) = &weights[1];
    let first_unit: Vec<String> = values.iter().step_by(5).map(|value| format!("{value:?}")).collect();
    assert!(
        text.contains(&format!("            [{}],", first_unit.join(", "))),
        "weights are turned to [units, inputs]"
    );
    assert_eq!(text.matches("    # ").count(), 7, "one comment for each layer's weights");
    let plain = network("input x | linear 1");
    let plain = export(&plain.0, &plain.1, Format::Python).expect("complete");
    assert!(!String::from_utf8(plain.bytes).expect("text").contains("Sine"));
}

#[test]
fn safetensors_read_back_with_names_shapes_and_values() {
    let (spec, weights) = network(NET);
    let file = export(&spec, &weights, Format::SafeTensors).expect("complete");
    let (_, metadata) = ::safetensors::SafeTensors::read_metadata(&file.bytes).expect("a header");
    let text = &metadata.metadata().as_ref().expect("metadata")["network"];
    assert_eq!(NetworkSpec::parse(text).expect("canonical"), spec);
    let tensors = ::safetensors::SafeTensors::deserialize(&file.bytes).expect("well formed");
    assert_eq!(tensors.len(), weights.len() - 1, "the points are not weights");
    for (name, shape, values) in &weights[1..] {
        let tensor = tensors.tensor(name).expect("kept");
        let read: Vec<f32> = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert_eq!((tensor.shape(), &read), (shape.as_slice(), values), "{name}");
    }
}

#[test]
fn onnx_graph_is_connected_and_ends_in_the_output() {
    let (spec, weights) = network(NET);
    let file = export(&spec, &weights, Format::Onnx).expect("complete");
    let model = onnx_schema::Model::decode(file.bytes.as_slice()).expect("well formed");
    assert_eq!((model.ir_version, model.opset_import[0].version), (8, 13));
    let graph = model.graph.expect("a graph");
    let mut known: Vec<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    known.push("points");
    for node in &graph.node {
        assert!(node.input.iter().all(|input| known.contains(&input.as_str())), "{node:?}");
        assert!(!known.contains(&node.output[0].as_str()), "{} is made twice", node.output[0]);
        known.push(&node.output[0]);
    }
    assert!(known.contains(&"output"));
    for tensor in &graph.initializer {
        let elements: i64 = tensor.dims.iter().product();
        let width = if tensor.data_type == 7 { 8 } else { 4 };
        assert_eq!(tensor.raw_data.len() as i64, elements * width, "{}", tensor.name);
    }
}

#[test]
fn what_cannot_be_exported_is_named() {
    let (spec, mut weights) = network("input x | linear 2 | tanh | linear 1");
    weights[2].2[1] = f32::NAN;
    let error = export(&spec, &weights, Format::Onnx).expect_err("not finite");
    assert!(error.place.contains("hidden 1.bias") && error.fix.contains("go back"), "{error}");
    weights[2].1 = vec![3];
    assert!(export(&spec, &weights, Format::Python).expect_err("shape").message.contains("[3]"));
    weights.remove(2);
    assert!(export(&spec, &weights, Format::Python).expect_err("missing").place.contains("hidden 1.bias"));
    assert!(Format::find("onx").expect_err("unknown").fix.contains("onnx"));
}

/// Writes the three files and expected outputs, for a check with the programs that read them:
/// `EXPORT=folder cargo test write_files -- --ignored`.
#[test]
#[ignore = "writes files"]
fn write_files() {
    let folder = std::path::PathBuf::from(std::env::var("EXPORT").expect("a folder in EXPORT"));
    let (spec, weights) = network(NET);
    for &format in Format::ALL {
        let file = export(&spec, &weights, format).expect("complete");
        std::fs::write(folder.join(file.name), file.bytes).expect("writable");
    }
    let layers = layers(&spec, &weights).expect("complete");
    let points = [(0.0, 0.0), (1.5, -2.0), (-5.5, 3.25), (4.0, 6.0)];
    let rows: Vec<String> =
        points.iter().map(|&point| format!("[{}, {}, {}]", point.0, point.1, output(&spec, &layers, point))).collect();
    std::fs::write(folder.join("expected.json"), format!("[{}]", rows.join(","))).expect("writable");
    assert_eq!(spec.features, Feature::ALL);
}
