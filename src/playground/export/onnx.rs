//! The network as an ONNX graph: `points [points, 2]` → `output [points, 1]`, by operators that every
//! runtime since 2020 knows (set 13; GELU is spelt out by Erf, because its own operator came with set 20).

use super::Layer;
use super::onnx_schema::*;
use crate::nn::Activation;
use crate::playground::{Feature, NetworkSpec};
use prost::Message;

const FLOAT: i32 = 1;
const INT64: i32 = 7;
/// `AttributeType` INT.
const INT: i32 = 2;

pub(super) fn write(spec: &NetworkSpec, layers: &[Layer]) -> Vec<u8> {
    let mut writer = Writer::default();
    let features = writer.features(&spec.features);
    let last = layers.iter().fold(features, |x, layer| writer.layer(layer, x));
    writer.node("Identity", &[&last], "output");
    let model = Model {
        ir_version: 8,
        producer_name: "petri".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: spec.to_string(),
        graph: Some(Graph {
            node: writer.nodes,
            name: "network".into(),
            initializer: writer.tensors,
            input: vec![value("points", 2)],
            output: vec![value("output", 1)],
        }),
        opset_import: vec![OperatorSet { domain: String::new(), version: 13 }],
    };
    model.encode_to_vec()
}

/// A matrix of any number of rows.
fn value(name: &str, columns: i64) -> ValueInfo {
    let rows = Dimension { dim_value: None, dim_param: Some("points".into()) };
    let columns = Dimension { dim_value: Some(columns), dim_param: None };
    let shape = Some(Shape { dim: vec![rows, columns] });
    let tensor_type = Some(TensorType { elem_type: FLOAT, shape });
    ValueInfo { name: name.into(), ty: Some(ValueType { tensor_type }) }
}

#[derive(Default)]
struct Writer {
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
}

impl Writer {
    /// Adds a node and returns the name of its result.
    fn node(&mut self, operator: &str, inputs: &[&str], output: &str) -> String {
        self.nodes.push(Node {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: format!("{operator} {output}"),
            op_type: operator.to_owned(),
            attribute: Vec::new(),
        });
        output.to_owned()
    }

    /// The same with the attribute `axis` = 1.
    fn node_along_columns(&mut self, operator: &str, inputs: &[&str], output: &str) -> String {
        let output = self.node(operator, inputs, output);
        if let Some(node) = self.nodes.last_mut() {
            node.attribute.push(Attribute { name: "axis".into(), i: 1, kind: INT });
        }
        output
    }

    fn tensor(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        self.tensors.push(Tensor {
            dims: shape.iter().map(|&extent| extent as i64).collect(),
            data_type: FLOAT,
            name: name.to_owned(),
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        });
        name.to_owned()
    }

    fn features(&mut self, features: &[Feature]) -> String {
        for (index, name) in ["x", "y"].into_iter().enumerate() {
            let column = format!("column of {name}");
            let raw_data = (index as i64).to_le_bytes().to_vec();
            self.tensors.push(Tensor { dims: vec![1], data_type: INT64, name: column.clone(), raw_data });
            self.node_along_columns("Gather", &["points", &column], name);
        }
        let columns: Vec<String> = features
            .iter()
            .map(|&feature| match feature {
                Feature::X | Feature::Y => feature.name().to_owned(),
                Feature::XSquared => self.node("Mul", &["x", "x"], feature.name()),
                Feature::YSquared => self.node("Mul", &["y", "y"], feature.name()),
                Feature::Product => self.node("Mul", &["x", "y"], feature.name()),
                Feature::SinX => self.node("Sin", &["x"], feature.name()),
                Feature::SinY => self.node("Sin", &["y"], feature.name()),
            })
            .collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        self.node_along_columns("Concat", &columns, "features")
    }

    fn layer(&mut self, layer: &Layer, x: String) -> String {
        let name = &layer.name;
        let weight = self.tensor(&format!("{name}.weight"), &[layer.inputs, layer.units], layer.weight);
        let bias = self.tensor(&format!("{name}.bias"), &[layer.units], layer.bias);
        let sums = self.node("Gemm", &[&x, &weight, &bias], &format!("{name}.sum"));
        let active = format!("{name}.value");
        match layer.activation {
            Activation::Tanh => self.node("Tanh", &[&sums], &active),
            Activation::Relu => self.node("Relu", &[&sums], &active),
            Activation::Sigmoid => self.node("Sigmoid", &[&sums], &active),
            Activation::Sine => self.node("Sin", &[&sums], &active),
            Activation::None => sums,
            Activation::Gelu => {
                let root = self.tensor(&format!("{name}.root of half"), &[], &[std::f32::consts::FRAC_1_SQRT_2]);
                let one = self.tensor(&format!("{name}.one"), &[], &[1.0]);
                let half = self.tensor(&format!("{name}.half"), &[], &[0.5]);
                let scaled = self.node("Mul", &[&sums, &root], &format!("{name}.scaled"));
                let erf = self.node("Erf", &[&scaled], &format!("{name}.erf"));
                let twice = self.node("Add", &[&erf, &one], &format!("{name}.twice"));
                let halved = self.node("Mul", &[&sums, &half], &format!("{name}.halved"));
                self.node("Mul", &[&halved, &twice], &active)
            }
        }
    }
}
