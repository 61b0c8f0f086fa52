// Position of the first largest of `reduced` values for each of `kept` results, laid out as reduce.wgsl.
// Constants: kept, reduced, lanes, per_group, threads, slot_step, lane_step.

// Minus infinity; not a constant expression, in which WGSL forbids it.
var<private> start_bits: u32 = 0xff800000u;
var<workgroup> values: array<f32, threads>;
var<workgroup> positions: array<u32, threads>;

fn run(group: u32, local: u32) {
    let lane = local / lane_step % lanes;
    let at = group * per_group + local / slot_step % per_group;
    var best = bitcast<f32>(start_bits);
    var position = 0u;
    if (at < kept) {
$kept
        for (var term = lane; term < reduced; term += lanes) {
$prologue
            if ($value > best) {
                best = $value;
                position = term;
            }
        }
    }
    values[local] = best;
    positions[local] = position;
    workgroupBarrier();
    for (var half = lanes / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            let other = local + half * lane_step;
            if (values[other] > values[local]
                || (values[other] == values[local] && positions[other] < positions[local])) {
                values[local] = values[other];
                positions[local] = positions[other];
            }
        }
        workgroupBarrier();
    }
    if (lane == 0u && at < kept) {
        let accumulator = positions[local];
$epilogue
    }
}
