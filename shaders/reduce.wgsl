// Combines `reduced` values for each of `kept` results. A workgroup computes `per_group` results, each by
// `lanes` invocations that take every lanes-th value in blocks of 128 (long sums stay exact in partial
// sums) and then combine in a tree. The order is fixed, so a run repeats bit for bit on one device.
// Constants: kept, reduced, lanes, per_group, threads, slot_step, lane_step.

// Not a constant expression, in which WGSL forbids infinities.
var<private> start_bits: u32 = $start;
var<workgroup> partial: array<f32, threads>;

fn combine(a: f32, b: f32) -> f32 {
    return $combine;
}

fn run(group: u32, local: u32) {
    let lane = local / lane_step % lanes;
    let at = group * per_group + local / slot_step % per_group;
    let start = bitcast<f32>(start_bits);
    var total = start;
    if (at < kept) {
$kept
        for (var block = lane; block < reduced; block += lanes * 128u) {
            let end = min(block + lanes * 128u, reduced);
            var part = start;
            for (var term = block; term < end; term += lanes) {
$prologue
                part = combine(part, $value);
            }
            total = combine(total, part);
        }
    }
    partial[local] = total;
    workgroupBarrier();
    for (var half = lanes / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            partial[local] = combine(partial[local], partial[local + half * lane_step]);
        }
        workgroupBarrier();
    }
    if (lane == 0u && at < kept) {
        let accumulator = partial[local];
$epilogue
    }
}
